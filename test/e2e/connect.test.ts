import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { parse } from "jsonc-parser";
import { readingToolsOf } from "#model/client/readingTools.ts";
import { callTool } from "./callTool.ts";
import { generatedSecrets } from "./leakScan.ts";
import { repository, run, TestStack, type Finished } from "./stack.ts";

const kilo = join(repository, `node_modules/@kilocode/cli-linux-${process.arch}/bin/kilo`);

interface StdioEntry {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

describe("clients, connected by `npm run connect`", function () {
  this.timeout(900_000);
  let stack: TestStack;
  let servers: string[];
  let secrets: string[];
  /** Everything that `connect` printed. */
  let printed = "";
  const home = mkdtempSync(join(tmpdir(), "kilocode-client-"));
  const config = join(home, ".config");
  const material = () => join(config, "kilocode-mcp", stack.name);

  before(async () => {
    assert.ok(existsSync(kilo), `${kilo} is missing: it is an optional package, for linux-x64 only`);
    stack = await TestStack.create({}, "all");
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    const outputs = await stack.outputs<{ endpoints: Record<string, string> }>();
    servers = Object.keys(outputs.endpoints);
    secrets = await generatedSecrets(stack);
  });
  after(async () => {
    await stack.remove();
    rmSync(home, { recursive: true, force: true });
  });

  async function connect(args: string[], folder = home): Promise<Finished> {
    const finished = await run("node", [join(repository, "toolchain/enter.mjs"), "connect", ...args], {
      env: { ...stack.env, XDG_CONFIG_HOME: config, INIT_CWD: folder },
    });
    printed += finished.output;
    return finished;
  }

  function project(name: string): string {
    const folder = join(home, name);
    mkdirSync(folder);
    return folder;
  }

  /** The real Kilo, with a home of its own. */
  function asKilo(args: string[], folder: string, env: Record<string, string> = {}): Promise<Finished> {
    const folders = {
      HOME: home,
      XDG_CONFIG_HOME: config,
      XDG_DATA_HOME: "",
      XDG_CACHE_HOME: "",
      XDG_STATE_HOME: "",
    };
    return run(kilo, args, { cwd: folder, env: { ...folders, ...env } });
  }

  /** What it says of its servers, seen from a project. */
  async function listed(folder: string, env: Record<string, string> = {}): Promise<string> {
    return stripVTControlCharacters((await asKilo(["mcp", "list"], folder, env)).output);
  }

  function assertConnected(list: string): void {
    for (const server of servers) assert.match(list, new RegExp(`✓ ${server} connected`), list);
    assert.doesNotMatch(list, /failed|needs auth/);
  }

  for (const [form, file] of [
    ["kilo", "kilo.jsonc"],
    ["kilo-legacy", ".kilocode/mcp.json"],
  ] as const) {
    it(`Kilo lists the servers as connected from a project's ${file}`, async () => {
      const folder = project(form);
      const { code, output } = await connect([form, "--write", file], folder);
      assert.equal(code, 0, output);
      assertConnected(await listed(folder));
      const again = await connect([form, "--write", file], folder);
      assert.match(again.output, /says so already/);
    });
  }

  it("the official client calls a tool through the bridge, by the entry that is printed", async () => {
    const { code, stdout } = await connect(["json"]);
    assert.equal(code, 0, stdout);
    const { mcpServers } = JSON.parse(stdout) as { mcpServers: Record<string, StdioEntry> };
    assert.deepEqual(Object.keys(mcpServers), servers);
    for (const mode of ["auto", "legacy"] as const) {
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
      await client.connect(new StdioClientTransport({ ...mcpServers["postgres"]!, cwd: tmpdir() }));
      const { rows } = await callTool<{ rows: unknown[] }>(client, "execute_query", {
        sql: "SELECT 42 AS answer",
      });
      assert.deepEqual(rows, [{ answer: 42 }]);
      await client.close();
    }
  });

  it("what clients may call unasked is what the servers say only reads", async () => {
    const { mcpServers } = JSON.parse((await connect(["json"])).stdout) as {
      mcpServers: Record<string, StdioEntry>;
    };
    for (const server of servers) {
      const client = new Client({ name: "test", version: "1" });
      await client.connect(new StdioClientTransport(mcpServers[server]!));
      const { tools } = await client.listTools();
      const reading = tools.filter(({ annotations }) => annotations?.readOnlyHint === true);
      assert.deepEqual(reading.map(({ name }) => name).sort(), [...readingToolsOf(server)].sort());
      await client.close();
    }
  });

  it("Kilo lists the servers as connected from its global file, once it trusts the certificates", async () => {
    const { code, output } = await connect(["kilo", "--remote"]);
    assert.equal(code, 0, output);
    assert.match(output, /NODE_EXTRA_CA_CERTS=/);
    const folder = project("remote");
    assertConnected(await listed(folder, { NODE_EXTRA_CA_CERTS: join(material(), "ca.crt") }));
    assert.match(await listed(folder), /✗ postgres failed/);
    const { permission } = parse(readFileSync(join(config, "kilo/kilo.jsonc"), "utf8")) as {
      permission: Record<string, string>;
    };
    assert.equal(permission["postgres_*"], "ask");
    assert.equal(permission["postgres_execute_query"], "allow");
  });

  it("Kilo's agent asks before any tool, except those that only read", async () => {
    const { stdout } = await asKilo(["debug", "agent", "code"], join(home, "kilo"));
    const { permission } = JSON.parse(stdout) as { permission: { permission: string; action: string }[] };
    const ours = permission.filter((rule) => rule.permission.startsWith("postgres_"));
    const allowed = readingToolsOf("postgres").map((tool) => [`postgres_${tool}`, "allow"]);
    // The last rule that matches counts.
    assert.deepEqual(
      ours.slice(-1 - allowed.length).map((rule) => [rule.permission, rule.action]),
      [["postgres_*", "ask"], ...allowed],
    );
  });

  it("names what is wrong with a client, a stack, a file", async () => {
    const unknown = await connect(["kilo", "--client", "nobody"]);
    assert.match(unknown.output, /^\[CONNECT_CLIENT\] .*`nobody`.*`default`/m);
    const absent = await connect(["kilo", "--stack", "nothere"]);
    assert.match(absent.output, /^\[CONNECT_NO_STACK\] [\s\S]*npm run up/m);
    const form = await connect(["emacs"]);
    assert.match(form.output, /^\[CONNECT_ARGUMENTS\] .*`emacs`/m);
    assert.deepEqual([unknown.code, absent.code, form.code], [1, 1, 1]);
  });

  it("lets a secret into the user's key files only, which only the user can read", () => {
    const [key, certificates] = ["default.key", "ca.crt"].map((name) => join(material(), name));
    const texts: Record<string, string> = { "what connect printed": printed };
    for (const file of readdirSync(home, { recursive: true, encoding: "utf8" })) {
      const path = join(home, file);
      if (path !== key && statSync(path).isFile()) texts[file] = readFileSync(path, "latin1");
    }
    assert.ok(Object.keys(texts).length > 5);
    const leaks = Object.entries(texts).filter(([, text]) => secrets.some((secret) => text.includes(secret)));
    assert.deepEqual(
      leaks.map(([name]) => name),
      [],
    );
    assert.match(readFileSync(certificates!, "utf8"), /BEGIN CERTIFICATE/);
    assert.equal(statSync(key!).mode & 0o777, 0o600);
    assert.equal(statSync(material()).mode & 0o777, 0o700);
  });
});
