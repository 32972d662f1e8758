import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectArguments, meantFile } from "#connect/connectArguments.ts";
import { connectClient, globalKiloFile } from "#connect/connectClient.ts";
import { forgetStack } from "#connect/forgetStack.ts";
import { isExposed, knownClients, materialFiles, readMaterial } from "#connect/material.ts";
import { isConnected, refreshMaterial } from "#connect/refreshMaterial.ts";
import type { StackOutputs } from "#connect/stackOutputs.ts";
import { readingTools } from "#model/client/readingTools.ts";

const url = "https://127.0.0.1:13001/mcp";
const keys = { default: `kcp_${"d".repeat(32)}`, ci: `kcp_${"c".repeat(32)}` };
const outputs: StackOutputs = {
  endpoints: { postgres: url, memory: "https://127.0.0.1:13002/mcp" },
  caCertificate: "-----BEGIN CERTIFICATE-----\n",
  apiKeys: keys,
  clients: { default: { postgres: { url } }, ci: { postgres: { url, alwaysAllow: [] } }, idle: {} },
};

describe("npm run connect", () => {
  let home: string;
  const connect = (args: string[], from: StackOutputs = outputs, env: NodeJS.ProcessEnv = { HOME: home }) =>
    connectClient("dev", connectArguments(args), from, {
      env,
      folder: home,
      project: "/checkout/kilocode-mcp",
      node: "/node",
    });
  const read = (name: string) => fs.readFileSync(join(home, name), "utf8");

  beforeEach(() => (home = fs.mkdtempSync(join(tmpdir(), "connect-home-"))));
  afterEach(() => fs.rmSync(home, { recursive: true }));

  it("prints entries without secrets, and writes what the bridge reads for the user alone", () => {
    for (const form of ["kilo", "kilo-legacy", "json"]) {
      const { printed, said } = connect([form]);
      const text = `${printed!}${said.join()}`;
      assert.ok(JSON.parse(printed!));
      assert.doesNotMatch(text, /kcp_|BEGIN/);
      assert.ok(said.length <= 4);
    }
    const files = materialFiles("dev", { HOME: home });
    assert.equal(files.folder, join(home, ".config/kilocode-mcp/dev"));
    assert.deepEqual(readMaterial(files, "default", "postgres"), {
      url,
      ca: outputs.caCertificate,
      key: keys.default,
    });
    assert.equal(fs.statSync(files.folder).mode & 0o777, 0o700);
    for (const file of [files.ca, files.endpoints, files.key("default")]) {
      assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    }
    assert.equal(isExposed(files.key("default")), false);
    assert.deepEqual(knownClients(files), ["default"]);
  });

  it("gives a client its own key, and no tool that the stack does not allow", () => {
    const { printed } = connect(["kilo", "--client", "ci"]);
    assert.deepEqual((JSON.parse(printed!) as { permission: object }).permission, { "postgres_*": "ask" });
    assert.equal(read(".config/kilocode-mcp/dev/ci.key"), keys.ci);
  });

  it("merges into a file, relative to where the user is, and says what it did", () => {
    const { printed, said } = connect(["kilo", "--write", "project/kilo.jsonc"]);
    assert.equal(printed, undefined);
    const rules = 1 + readingTools.postgres.length;
    assert.match(said[0]!, /project\/kilo\.jsonc: added mcp\.postgres, \d+ rules in permission$/);
    assert.ok(said[0]!.includes(` ${rules} rules`), said[0]);
    assert.match(read("project/kilo.jsonc"), /"main\.mjs|main\.mjs/);
    assert.match(connect(["kilo", "--write", "~/project/kilo.jsonc"]).said[0]!, /says so already/);
    assert.ok(said.length <= 4);
  });

  it("writes Kilo's global file for --remote, and says what must be set before", () => {
    const { said } = connect(["kilo", "--remote"]);
    const text = read(".config/kilo/kilo.jsonc");
    assert.match(text, /\{file:.*\/\.config\/kilocode-mcp\/dev\/default\.key\}/);
    assert.match(text, /"oauth": false/);
    assert.ok(!text.includes(keys.default));
    assert.match(said.join("\n"), /export NODE_EXTRA_CA_CERTS=.*\/\.config\/kilocode-mcp\/dev\/ca\.crt/);
    assert.equal(fs.statSync(join(home, ".config/kilo/kilo.jsonc")).mode & 0o777, 0o600);
    fs.renameSync(join(home, ".config/kilo/kilo.jsonc"), join(home, ".config/kilo/kilo.json"));
    assert.equal(globalKiloFile({ HOME: home }), join(home, ".config/kilo/kilo.json"));
  });

  it("tells the bridge where the configuration is, if that is not the usual place", () => {
    const elsewhere = join(home, "elsewhere");
    const { printed } = connect(["json"], outputs, { HOME: home, XDG_CONFIG_HOME: elsewhere });
    const { mcpServers } = JSON.parse(printed!) as { mcpServers: { postgres: { env: object } } };
    assert.deepEqual(mcpServers.postgres.env, { XDG_CONFIG_HOME: elsewhere });
    assert.ok(fs.existsSync(join(elsewhere, "kilocode-mcp/dev/default.key")));
  });

  it("brings what it wrote up to date after an update, for the clients that it knows", () => {
    assert.equal(isConnected("dev", { HOME: home }), false);
    refreshMaterial("dev", outputs, { HOME: home });
    assert.equal(isConnected("dev", { HOME: home }), false);
    connect(["kilo"]);
    connect(["kilo", "--client", "ci"]);
    const rotated = {
      ...outputs,
      caCertificate: "other",
      apiKeys: { default: "kcp_rotated", idle: "kcp_idle" },
    };
    refreshMaterial("dev", rotated, { HOME: home });
    const files = materialFiles("dev", { HOME: home });
    assert.deepEqual(readMaterial(files, "default", "postgres"), { url, ca: "other", key: "kcp_rotated" });
    assert.deepEqual(knownClients(files), ["default"]);
  });

  it("takes everything back, but not what somebody changed", () => {
    connect(["kilo", "--write", "one/kilo.jsonc"]);
    connect(["kilo-legacy", "--write", "two/mcp.json"]);
    fs.writeFileSync(
      join(home, "two/mcp.json"),
      read("two/mcp.json").replace('"timeout": 30', '"timeout": 60'),
    );
    fs.writeFileSync(join(home, "three.json"), "{}");
    connect(["json", "--write", "three.json"]);
    fs.writeFileSync(join(home, "three.json"), "{ broken");
    const said = forgetStack("dev", { HOME: home });
    assert.deepEqual(JSON.parse(read("one/kilo.jsonc")), { mcp: {}, permission: {} });
    assert.match(read("two/mcp.json"), /"timeout": 60/);
    assert.equal(read("three.json"), "{ broken");
    assert.match(
      said.join("\n"),
      /one\/kilo\.jsonc: removed mcp\.postgres.*three\.json was left as it is.*removed .*dev$/s,
    );
    assert.ok(!fs.existsSync(join(home, ".config/kilocode-mcp/dev")));
    assert.deepEqual(forgetStack("dev", { HOME: home }), []);
  });

  it("names the clients that there are, and the stack that is not up", () => {
    assert.throws(
      () => connect(["kilo", "--client", "nobody"]),
      /CONNECT_CLIENT.*`nobody`.*`default`, `ci`, `idle`/s,
    );
    assert.throws(() => connect(["kilo", "--client", "toString"]), /CONNECT_CLIENT/);
    const idle = { ...outputs, apiKeys: { idle: "kcp_x" } };
    assert.throws(() => connect(["kilo", "--client", "idle"], idle), /CONNECT_CLIENT.*may use no server/s);
    assert.throws(() => connect(["kilo"], {}), /CONNECT_NO_STACK.*npm run up/s);
    const only = { ...outputs, apiKeys: { ci: keys.ci }, clients: { ci: outputs.clients!["ci"]! } };
    assert.match(connect(["kilo"], only).printed!, /"ci"/);
    assert.ok(!fs.existsSync(join(home, ".config/kilocode-mcp/dev/default.key")));
  });

  it("refuses arguments that it does not understand, before anything is read", () => {
    for (const [args, problem] of [
      [[], /client program is missing/],
      [["claude"], /`claude` is no client program/],
      [["kilo", "json"], /`kilo json` is no client program/],
      [["kilo", "--nix"], /Unknown option '--nix'/],
      [["kilo", "--write"], /argument missing|--write/],
      [["kilo", "--write", ""], /--write needs/],
      [["json", "--remote"], /--remote is a form of Kilo/],
      [["kilo", "--prefix", "a b"], /--prefix takes/],
      [["kilo", "--write", ".kilocode/mcp.json"], /mcp\.json is read in the form `kilo-legacy`/],
      [["json", "--write", "kilo.jsonc"], /kilo\.jsonc is read in the form `kilo`/],
    ] as const) {
      assert.throws(() => connectArguments(args), problem);
    }
    assert.throws(() => materialFiles("../x", {}), /CONNECT_ARGUMENTS/);
    assert.throws(() => materialFiles("dev", {}).key(".."), /CONNECT_ARGUMENTS/);
    assert.equal(materialFiles("org/dev", { XDG_CONFIG_HOME: "/c" }).folder, "/c/kilocode-mcp/org/dev");
    assert.equal(meantFile("~/x", "/here", { HOME: "/home/me" }), "/home/me/x");
    assert.equal(meantFile("x/y", "/here", {}), "/here/x/y");
  });
});
