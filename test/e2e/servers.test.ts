import assert from "node:assert/strict";
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/client";
import { withMcpClient } from "#gate/mcpClient.ts";
import { serverNames, type ServerName } from "#model/names.ts";
import { dockerEngine } from "#providers/docker/engine.ts";
import { callTool } from "./callTool.ts";
import { execIn } from "./execIn.ts";
import { postgresIn } from "./postgresIn.ts";
import { TestStack } from "./stack.ts";

/** uid that owns the user's files. */
const user = 4321;

interface Outputs {
  readonly endpoints: Record<ServerName, string>;
  readonly caCertificate: string;
  readonly apiKeys: Record<string, string>;
}

describe("the four servers of a stack", function () {
  this.timeout(900_000);
  const engine = dockerEngine({});
  const folder = mkdtempSync(join(tmpdir(), "kilocode-project-"));
  const volume = `kilocode-test-${String(process.pid)}`;
  let stack: TestStack;
  let outputs: Outputs;

  before(async () => {
    chownSync(folder, user, user);
    writeFileSync(join(folder, "README.md"), "of the user\n");
    await engine.createVolume({ Name: volume });
    stack = await TestStack.create(
      {
        servers: {
          filesystem: {
            user,
            mounts: [
              { source: folder, target: "/mnt/project", readOnly: false },
              { source: volume, target: "/mnt/reference" },
            ],
          },
        },
        clients: { default: {}, other: {}, looker: { role: "readonly" } },
        acceptNoBackups: true,
        files: { env: { MONITORING_HEALTH_CHECK_INTERVAL: 7 } },
      },
      "all",
    );
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    outputs = await stack.outputs();
  });
  after(async () => {
    await stack.remove();
    await engine.getVolume(volume).remove({ force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  function as<T>(server: ServerName, work: (client: Client) => Promise<T>, client = "default"): Promise<T> {
    const target = { url: outputs.endpoints[server], ca: outputs.caCertificate };
    return withMcpClient({ ...target, apiKey: outputs.apiKeys[client]! }, work);
  }

  it("work on the user's folder as its owner, and only read what was brought in for reading", async () => {
    await as("filesystem", async (client) => {
      const read = await callTool(client, "read_text_file", { path: "/mnt/project/README.md" });
      assert.match(JSON.stringify(read), /of the user/);
      await callTool(client, "write_file", { path: "/mnt/project/made.txt", content: "by the server" });
      assert.equal(readFileSync(join(folder, "made.txt"), "utf8"), "by the server");
      assert.equal(statSync(join(folder, "made.txt")).uid, user);
      await assert.rejects(
        callTool(client, "write_file", { path: "/mnt/reference/made.txt", content: "x" }),
        /read-only/i,
      );
      for (const path of ["/etc/kilocode/mcp/filesystem.json", "/var/log/kilocode/mcp/filesystem.log"])
        await assert.rejects(callTool(client, "read_text_file", { path }));
    });
  });

  it("remember for each client, encrypted", async () => {
    const content = "The heron is called Balthasar";
    await as("memory", (client) => callTool(client, "store_memory", { content, tags: ["bird"] }));
    const mine = await as("memory", (client) => callTool(client, "search_by_tag", { tags: ["bird"] }));
    assert.match(JSON.stringify(mine), /Balthasar/);
    const others = await as(
      "memory",
      (client) => callTool(client, "search_by_tag", { tags: ["bird"] }),
      "other",
    );
    assert.doesNotMatch(JSON.stringify(others), /Balthasar/);
    assert.equal(await postgresIn(stack, "SELECT count(*) FROM mcp.memory_items"), "1");
    assert.doesNotMatch(await postgresIn(stack, "SELECT * FROM mcp.memory_items"), /Balthasar/);
  });

  it("find the deployment itself compliant", async () => {
    await as("compliance", async (client) => {
      await callTool(client, "run_checks", {});
      const results = await callTool<{ results: { status: string; rule_id?: string }[] }>(
        client,
        "get_results",
        {},
      );
      assert.ok(results.results.length > 0);
      const bad = results.results.filter(({ status }) => status === "failed" || status === "error");
      assert.deepEqual(bad, []);
    });
  });

  it("list to a client that may only read no tool that does more", async () => {
    for (const server of serverNames) {
      const [all, few] = await Promise.all(
        ["default", "looker"].map((client) => as(server, (each) => each.listTools(), client)),
      );
      const writing = few!.tools.filter(({ annotations }) => annotations?.destructiveHint === true);
      assert.deepEqual(writing, [], server);
      assert.ok(few!.tools.length > 0 && few!.tools.length < all!.tools.length, server);
    }
  });

  it("have each its own secrets, files and volumes, and nothing of another", async () => {
    const secrets = async (server: ServerName) =>
      (await execIn(stack, server, ["ls", "/etc/kilocode/secrets"])).split(/\s+/).sort();
    const common = ["database-password", "jwt-keys"];
    assert.deepEqual(await secrets("filesystem"), common);
    assert.deepEqual(
      await secrets("postgres"),
      [...common, "database-reader-password", "database-writer-password"].sort(),
    );
    assert.deepEqual(await secrets("memory"), [...common, "encryption-keys"].sort());
    assert.deepEqual(await secrets("compliance"), [...common, "database-fixer-password"].sort());
    for (const server of serverNames) {
      const { Mounts } = await engine.getContainer(`${stack.prefix}-${server}`).inspect();
      const own = [`${stack.prefix}-${server}-files`, `${stack.prefix}-${server}-state`];
      const brought = server === "filesystem" ? [folder, volume] : [];
      const mounted = Mounts.map(({ Type, Name, Source }) => (Type === "bind" ? Source : String(Name)));
      assert.deepEqual(mounted.sort(), [...own, ...brought].sort());
    }
    const rings = await Promise.all(
      serverNames.map((server) => execIn(stack, server, ["cat", "/etc/kilocode/secrets/jwt-keys"])),
    );
    assert.equal(new Set(rings).size, serverNames.length, "no server can make tokens for another");
  });

  it("tell metrics in their network, to callers with a key", async () => {
    const ask = (key: string) =>
      execIn(stack, "postgres", [
        "node",
        "-e",
        `require("https").get({ host: "memory", port: 9090, path: "/metrics", headers: ${JSON.stringify({ "x-api-key": key })},
           ca: require("fs").readFileSync("/etc/ssl/kilocode/ca.crt") },
           (answer) => { console.log(String(answer.statusCode)); answer.pipe(process.stdout); })`,
      ]);
    assert.match(await ask(outputs.apiKeys["looker"]!), /^200\n[\s\S]*# TYPE kilocode_/);
    assert.match(await ask("kcp_wrong"), /^401\n/);
  });

  it("are asked by the engine how they are, as often as MONITORING_HEALTH_CHECK_INTERVAL says", async () => {
    for (const server of serverNames) {
      const { Config } = await engine.getContainer(`${stack.prefix}-${server}`).inspect();
      assert.equal(Config.Healthcheck?.Interval, 7 * 1e9);
    }
  });

  it("keep what they keep when their container is made anew", async () => {
    const logged = () => execIn(stack, "memory", ["ls", "/var/log/kilocode/mcp"]);
    assert.match(await logged(), /memory\.log/);
    const lines = (await execIn(stack, "memory", ["cat", "/var/log/kilocode/mcp/memory.log"])).split("\n");
    await engine.getContainer(`${stack.prefix}-memory`).remove({ force: true });
    const up = await stack.up(["--refresh"]);
    assert.equal(up.code, 0, up.output);
    const after = await execIn(stack, "memory", ["cat", "/var/log/kilocode/mcp/memory.log"]);
    assert.ok(after.includes(lines[0]!), "the first line of the old log is still there");
  });
});
