import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";
import { clientFile } from "#model/client/entries.ts";
import { readingToolsOf } from "#model/client/readingTools.ts";
import { serverNames } from "#model/names.ts";
import type { ServerName } from "#model/names.ts";
import { bridgeProgram, makeHome } from "#test/integration/connectProcess.ts";
import type { Home } from "#test/integration/connectProcess.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { inspect } from "./inspector.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const kilo = fileURLToPath(
  new URL(`../../../node_modules/@kilocode/cli-linux-${process.arch}/bin/kilo`, import.meta.url),
);
const eras = ["legacy", "modern"] as const;

describe("clients of the four servers", function () {
  this.timeout(600_000);
  let stage: ReadyStage;
  let home: Home;
  const servers = {} as Record<ServerName, ServerProcess>;

  before(async () => {
    stage = await readyStage();
    // One authority for all, as in a stack.
    const certificate = selfSigned();
    for (const name of serverNames) servers[name] = await startServer(stage, { server: name, certificate });
    home = makeHome({
      endpoints: Object.fromEntries(serverNames.map((name) => [name, servers[name].url])),
      ca: certificate.certificate,
      keys: { default: stage.keys.default },
    });
  });
  after(async () => {
    for (const server of Object.values(servers)) await server.end();
    home?.remove();
    await stage?.stop();
  });

  for (const name of serverNames) {
    it(`${name}: the official client sees every tool with its schemas and calls one, in both eras`, async () => {
      for (const era of eras) {
        const { client, close } = await connectClient(servers[name], stage.keys.admin, era);
        assert.equal(client.getProtocolEra(), era);
        assert.equal(client.getServerVersion()?.name, `kilocode-${name}`);
        const { tools } = await client.listTools();
        for (const tool of tools) {
          assert.equal(tool.inputSchema.type, "object", tool.name);
          assert.equal(tool.outputSchema?.type, "object", tool.name);
          assert.equal(typeof tool.annotations?.readOnlyHint, "boolean", tool.name);
          assert.ok(tool.title !== undefined && tool.description !== undefined, tool.name);
        }
        const plain = tools.find(
          ({ annotations, inputSchema }) =>
            annotations?.readOnlyHint === true && (inputSchema.required ?? []).length === 0,
        );
        if (plain) assert.equal((await callTool(client, plain.name, {})).failed, false, plain.name);
        await close();
      }
    });

    it(`${name}: the Inspector finds nothing to complain of in any tool, in both eras`, async () => {
      const listed = await toolNames(name, stage.keys.admin);
      for (const era of eras) {
        const args = ["--header", `X-API-Key: ${stage.keys.admin}`, "--protocol-era", era];
        const { result, ...findings } = JSON.parse(
          await inspect(servers[name], [...args, "--method", "tools/list", "--strict"]),
        ) as { result: { tools: { name: string }[] } };
        assert.deepEqual(findings, {});
        assert.deepEqual(result.tools.map((tool) => tool.name).sort(), listed);
      }
    });

    it(`${name}: what clients may call unasked is what the server says only reads`, async () => {
      const { client, close } = await connectClient(servers[name], stage.keys.admin);
      const { tools } = await client.listTools();
      await close();
      assert.ok(tools.length > 0);
      const reading = tools.filter(({ annotations }) => annotations?.readOnlyHint === true);
      assert.deepEqual(reading.map((tool) => tool.name).sort(), readingToolsOf(name).toSorted());
    });

    it(`${name}: the bridge passes on what the server lists, in both eras`, async () => {
      const listed = await toolNames(name, stage.keys.default);
      for (const era of ["legacy", "auto"] as const) {
        const connected = await home.connect(era, undefined, name);
        const { tools } = await connected.client.listTools();
        assert.deepEqual(tools.map((tool) => tool.name).sort(), listed);
        assert.equal(connected.stderr(), "");
        await connected.close();
      }
    });
  }

  it("subscribers hear of new files, since tools may have come or gone with them", async () => {
    const { client, close } = await connectClient(servers.postgres, stage.keys.admin);
    const heard = new Promise<void>((resolve) => {
      client.setNotificationHandler("notifications/tools/list_changed", () => resolve());
    });
    await client.listen({ toolsListChanged: true });
    await servers.postgres.deliver();
    await heard;
    await close();
  });

  it("the real Kilo reports each of the four as connected", async () => {
    assert.ok(existsSync(kilo), `${kilo} is missing: it is an optional package, for linux-x64 only`);
    const folder = join(home.folder, "project");
    mkdirSync(folder);
    const { under, entries, permission } = clientFile("kilo", {
      project: "kilocode-mcp",
      stack: "test",
      client: "default",
      servers: Object.fromEntries(serverNames.map((name) => [name, {}])),
      paths: { node: process.execPath, bridge: bridgeProgram },
      environment: { XDG_CONFIG_HOME: home.folder },
    });
    writeFileSync(join(folder, "kilo.jsonc"), JSON.stringify({ [under]: entries, permission }));
    const { stdout, stderr } = await promisify(execFile)(kilo, ["mcp", "list"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CONFIG_HOME: join(folder, "config") },
    });
    const list = stripVTControlCharacters(`${stdout}${stderr}`);
    for (const name of serverNames) assert.match(list, new RegExp(`✓ ${name} connected`), list);
    assert.doesNotMatch(list, /failed|needs auth/);
  });

  async function toolNames(name: ServerName, key: string): Promise<string[]> {
    const { client, close } = await connectClient(servers[name], key);
    const { tools } = await client.listTools();
    await close();
    return tools.map((tool) => tool.name).sort();
  }
});
