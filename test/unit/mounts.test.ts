import assert from "node:assert/strict";
import { mountProblem, type Mount } from "#model/mounts.ts";

const problem = (source: string, target = "/mnt/files", others: readonly Mount[] = []) =>
  mountProblem({ source, target, readOnly: true }, others, "kilocode-mcp-dev");

describe("what users bring into a server's container", () => {
  it("may be a folder or a volume of theirs", () => {
    for (const source of ["/home/ada/projects", "/srv", "/data/run", "my-volume", "kilocode-mcp-develop"])
      assert.equal(problem(source), undefined, source);
  });

  it("is never a way to the engine or its machine", () => {
    for (const source of [
      "/",
      "/var",
      "/var/run/docker.sock",
      "/run/docker.sock",
      "/etc/ssh",
      "/proc",
      "/dev",
    ])
      assert.match(problem(source) ?? "", /rule the engine's machine/, source);
  });

  it("is never a volume of the stack", () => {
    assert.match(problem("kilocode-mcp-dev-postgres-files") ?? "", /a volume of this stack/);
  });

  it("covers nothing of the container, and no other mount", () => {
    for (const target of [
      "/",
      "/etc",
      "/etc/kilocode/mcp",
      "/opt",
      "/opt/kilocode/mcp-servers/servers",
      "/tmp/x",
    ])
      assert.match(problem("/srv", target) ?? "", /covers .* of the container/, target);
    assert.equal(problem("/srv", "/opt/kilocode/mcp-servers/rules"), undefined);
    const others = [{ source: "/a", target: "/mnt/a", readOnly: true }];
    for (const target of ["/mnt", "/mnt/a", "/mnt/a/b"])
      assert.match(problem("/srv", target, others) ?? "", /the mount at \/mnt\/a covers or holds/);
    assert.equal(problem("/srv", "/mnt/ab", others), undefined);
  });
});
