import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import Docker from "dockerode";
import { Fault } from "#model/fault.ts";
import { resolveDockerEndpoint } from "#providers/docker/endpoint.ts";

describe("finding the Docker engine as the Docker client does", () => {
  let home: string;
  beforeEach(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-endpoint-"))));
  afterEach(() => fs.rmSync(home, { recursive: true }));

  function context(name: string, host: string): void {
    const id = createHash("sha256").update(name).digest("hex");
    const folder = path.join(home, ".docker", "contexts", "meta", id);
    fs.mkdirSync(folder, { recursive: true });
    const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
    fs.writeFileSync(path.join(folder, "meta.json"), JSON.stringify(meta));
  }
  function current(name: string): void {
    fs.mkdirSync(path.join(home, ".docker"), { recursive: true });
    fs.writeFileSync(path.join(home, ".docker", "config.json"), JSON.stringify({ currentContext: name }));
  }
  const url = (choice: { host?: string; context?: string }, env: NodeJS.ProcessEnv = {}) =>
    resolveDockerEndpoint(choice, { HOME: home, ...env }).url;

  it("assumes the default socket when nothing points to an engine", () => {
    const found = resolveDockerEndpoint({ host: "", context: "" }, { HOME: home, DOCKER_HOST: "" });
    assert.equal(found.url, "unix:///var/run/docker.sock");
    assert.equal(found.assumed, true);
  });

  it("prefers stack, then DOCKER_HOST, then DOCKER_CONTEXT, then the current context", () => {
    context("one", "unix:///one.sock");
    context("two", "unix:///two.sock");
    current("one");
    assert.equal(url({}), "unix:///one.sock");
    assert.equal(url({}, { DOCKER_CONTEXT: "two" }), "unix:///two.sock");
    assert.equal(url({}, { DOCKER_CONTEXT: "two", DOCKER_HOST: "tcp://h:1" }), "tcp://h:1");
    assert.equal(url({ host: "unix:///s.sock" }, { DOCKER_HOST: "tcp://h:1" }), "unix:///s.sock");
    assert.equal(url({ host: "unix:///s.sock", context: "two" }), "unix:///two.sock");
    assert.equal(url({ context: "default" }), "unix:///var/run/docker.sock");
  });

  it("says which context is missing", () => {
    assert.throws(
      () => url({ context: "none" }),
      (error) =>
        error instanceof Fault && error.code === "ENGINE_UNREACHABLE" && error.problem.includes('"none"'),
    );
  });

  it("refuses what is no address", () => {
    assert.throws(() => url({ host: "gopher://x" }), /not the address of a Docker engine/);
  });

  it("reads ssh addresses", () => {
    const { options } = resolveDockerEndpoint({ host: "ssh://me@box:2222" }, { HOME: home });
    assert.equal(options.protocol, "ssh");
    assert.equal(options.host, "box");
    assert.equal(options.port, 2222);
    assert.equal(options.username, "me");
  });

  it("takes certificates for TLS", () => {
    const certificates = path.join(home, "tls");
    fs.mkdirSync(certificates);
    for (const name of ["ca", "cert", "key"]) fs.writeFileSync(path.join(certificates, `${name}.pem`), name);
    const { options } = resolveDockerEndpoint(
      {},
      { HOME: home, DOCKER_HOST: "tcp://box", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates },
    );
    assert.equal(options.protocol, "https");
    assert.equal(options.port, 2376);
    assert.deepEqual(options.key, Buffer.from("key"));
  });

  it("is not overruled by DOCKER_HOST inside the client library", () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = "tcp://elsewhere:1";
    try {
      const { options } = resolveDockerEndpoint({ host: "unix:///s.sock" }, process.env);
      const modem = new Docker(options).modem as unknown as { host?: string; socketPath?: string };
      assert.equal(modem.socketPath, "/s.sock");
      assert.equal(modem.host, undefined);
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });
});
