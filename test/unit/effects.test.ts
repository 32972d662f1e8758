import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { buildFiles } from "#model/files/build.ts";
import { catalogKey, catalogKeys } from "#model/files/catalog.ts";
import { clientFile } from "#model/client/entries.ts";
import { differences } from "#model/files/effects/differences.ts";
import { effective, type Effective } from "#model/files/effects/effect.ts";
import { effectOf, fileEffects, plannedKeys } from "#model/files/effects/effects.ts";
import { furtherRows, specifiedRows, type KeyRow } from "#model/files/effects/keyTable.ts";
import { proofs } from "#model/files/effects/proofs.ts";
import { fileFacts } from "#model/files/facts.ts";
import { fileKeys } from "#model/files/schema/files.ts";
import { serverNames } from "#model/names.ts";
import { complete } from "#settings/defaults.ts";
import { configurationPage, renderedByDefault } from "../../scripts/configurationPage.ts";
import { claimFault, isRead } from "./effectClaims.ts";

const root = new URL("../../", import.meta.url);
const rendered = renderedByDefault("0.0.0");
const specified = specifiedRows(rendered);
const all = [...specified, ...furtherRows(rendered)];
const nameOf = ({ file, key }: Pick<KeyRow, "file" | "key">) => `${file} ${key}`;

function claimed(rows: readonly KeyRow[]): (KeyRow & { readonly effect: Effective })[] {
  return rows.filter((row): row is KeyRow & { effect: Effective } => row.effect?.state === "effective");
}

describe("the effects of configuration keys", () => {
  it("are known for each of the specification's 372 keys, and for every other key", () => {
    assert.equal(specified.length, 372);
    assert.deepEqual(all.filter(({ effect }) => effect === undefined).map(nameOf), []);
    assert.deepEqual(all.filter(({ meaning }) => meaning === "").map(nameOf), []);
    for (const file of fileKeys) {
      for (const { place, pointer } of catalogKeys(file)) assert.ok(effectOf(place), `${file} ${pointer}`);
    }
  });

  it("are told of no key that does not exist", () => {
    const stale = fileKeys.flatMap((file) =>
      Object.keys(fileEffects[file])
        .filter((pointer) => !catalogKey(file, pointer.replaceAll("*", "0")))
        .map((key) => nameOf({ file, key })),
    );
    assert.deepEqual(stale, []);
  });

  it("are claimed only where code reads the key and a test proves it", () => {
    const faults = claimed(all).flatMap((row) => {
      const fault = claimFault(row.effect);
      return fault === undefined ? [] : [`${nameOf(row)}: ${fault}`];
    });
    assert.deepEqual(faults, []);
  });

  it("are claimed by the key's own name, unless the value is fixed or follows from something else", () => {
    const foreign = claimed(all).filter(({ file, key, effect, change, setting, source }) => {
      const names = key.split("/").filter((name) => name !== "");
      const own = setting === "postgres.settings." + key || setting?.startsWith(`files.${file}.`) === true;
      const bound = change !== "fixed" && own && source === undefined;
      return bound && !names.some((name) => new RegExp(`\\b${name}\\b`).test(effect.reads));
    });
    assert.deepEqual(foreign.map(nameOf), []);
  });

  it("are not planned for keys that a server reads", () => {
    const servers = readdirSync(new URL("servers/", root), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `servers/${file}`);
    const read = all
      .filter(({ effect, source }) => effect?.state === "planned" && source === undefined)
      .filter(({ file }) => ["filesystem", "postgres", "ssl", "access", "metrics", "logging"].includes(file))
      .filter(({ key }) => isRead(key.split("/").slice(-2).join("."), servers));
    assert.deepEqual(read.map(nameOf), []);
  });

  it("are refused when they are made up (control)", () => {
    const module = "servers/runtime/httpServer.ts";
    const proof = proofs.connections;
    const real = effective(module, "config.server.maxConnections", proof);
    assert.equal(claimFault(real), undefined);
    assert.match(
      claimFault({ ...real, reads: "config.server.madeUp" })!,
      /does not hold config\.server\.madeUp/,
    );
    // Words of a comment, and the end of a longer expression, are no reading.
    assert.match(claimFault({ ...real, reads: "server.timeout" })!, /does not hold/);
    assert.match(readFileSync(new URL(module, root), "utf8"), /server\.timeout/);
    assert.match(claimFault({ ...real, module: "servers/runtime/madeUp.ts" })!, /there is no/);
    assert.match(claimFault({ ...real, proof: { ...proof, test: "made up" } })!, /has no test "made up"/);
    assert.match(claimFault({ ...real, proof: { ...proof, file: "test/unit/x.test.ts" } })!, /there is no/);
    assert.ok(isRead("config.server.maxConnections", [module]) && !isRead("rateLimit.madeUp", [module]));
  });

  it("have a reason for each default that differs from the specification, and for no other", () => {
    const different = specified.filter(({ difference }) => difference !== undefined).map(nameOf);
    const explained = Object.entries(differences).flatMap(([file, keys]) =>
      Object.keys(keys).map((key) => `${file} ${key}`),
    );
    assert.deepEqual([...new Set(different)].sort(), explained.sort());
    const unexplained = specified.filter(
      ({ default: value, specified: wanted, difference }) =>
        difference === undefined && normal(value) !== normal(wanted),
    );
    assert.deepEqual(unexplained.map(nameOf), []);
  });

  it("are told of keys that were set and have none yet", () => {
    const files = {
      memory: { memory: { maxItems: 20_000 } },
      postgres: { database: { queryTimeout: 5, maxRetries: 1 }, security: { rateLimit: { burst: 5 } } },
      access: { access: { authentication: { maxFailedAttempts: 3 } } },
      env: { KILOCODE_PROJECT_NAME: "x", BACKUP_PATH: "/x" },
      mcp: { mcpServers: { postgres: { description: "x" } } },
      unknown: { key: 1 },
    };
    const told = plannedKeys(files).map(({ key }) => key);
    assert.ok(told.includes("files.env.BACKUP_PATH"));
    assert.ok(
      !told.some((key) => /queryTimeout|maxRetries|maxItems|maxFailedAttempts|description|unknown/.test(key)),
      told.join(),
    );
    assert.deepEqual(plannedKeys({}), []);
  });

  it("fill docs/configuration.md: a row per key, and counts that add up", () => {
    const page = configurationPage("0.0.0");
    const rows = page.split("\n").filter((line) => /^\| ``? ?[/A-Za-z]/.test(line));
    assert.equal(rows.length, all.length);
    const total =
      /\| \*\*all keys of the specification\*\* \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|/.exec(page);
    const [keys, ...states] = total!.slice(1).map(Number);
    assert.equal(keys, 372);
    assert.equal(
      states.reduce((sum, count) => sum + count, 0),
      372,
    );
    assert.equal(states.at(-1), 0);
    const planned = rows.filter((row) => /\| planned: /.test(row));
    assert.ok(
      planned.length > 0 && !planned.some((row) => /\]\(\.\.\//.test(row)),
      "a planned key is claimed",
    );
  });
});

describe("files that follow from others", () => {
  const facts = fileFacts(complete({}, "kilocode-mcp", "dev"), "0.0.0");

  it("what is set once for all servers stands in the file of each server that has no own value", () => {
    const values = buildFiles(facts, {
      mcp: { globalSettings: { requestTimeout: 12_000, maxRequestSize: "1MB", enableCompression: false } },
      logging: { logging: { level: "WARN" } },
      memory: { server: { timeout: 500 }, logging: { level: "DEBUG" } },
    });
    for (const server of serverNames) {
      const { server: own, logging } = values[server];
      const mine = server === "memory";
      assert.deepEqual([own.timeout, own.maxRequestSize], [mine ? 500 : 12_000, "1MB"]);
      assert.equal(own.enableCompression, false);
      assert.deepEqual([logging.level, own.logLevel], mine ? ["DEBUG", "DEBUG"] : ["WARN", "WARN"]);
    }
  });

  it("the entries of mcp.json start the bridge as `npm run connect` writes it", () => {
    const { mcpServers } = buildFiles(facts).mcp;
    const { entries } = clientFile("json", {
      project: "kilocode-mcp",
      stack: "dev",
      client: "default",
      servers: Object.fromEntries(serverNames.map((server) => [server, {}])),
      paths: { node: "node", bridge: "connect/main.mjs" },
    });
    assert.deepEqual(Object.keys(mcpServers), serverNames);
    for (const server of serverNames) {
      const { command, args } = entries[server] as { command: string; args: string[] };
      assert.deepEqual([mcpServers[server]?.command, mcpServers[server]?.args], [command, args]);
    }
  });
});

function normal(value: string | undefined): string | undefined {
  const bare = value?.replace(/^'(.*)'$/s, "$1");
  try {
    return JSON.stringify(JSON.parse(bare ?? ""));
  } catch {
    return bare;
  }
}
