import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createColors } from "picocolors";
import { renderFiles } from "#model/files/render.ts";
import { fileName, type FileKey } from "#model/files/schema/files.ts";
import type { FileVersion } from "#providers/history/versions.ts";
import { chooseVersions, differenceReport, historyTable } from "#toolchain/config/versionsReport.ts";
import { wayBack } from "#toolchain/config/wayBack.ts";
import { testFacts } from "#test/fileFacts.ts";

const plain = createColors(false);

/** What a POSIX shell makes of a command line. */
function words(line: string): string[] {
  const run = spawnSync("sh", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" });
  return run.stdout.split("\0").slice(0, -1);
}

type Tree = { [name: string]: unknown };

/** As `pulumi config set|rm --path` changes the stack's `files`. */
function configure(tree: Tree, line: string): void {
  const args = words(line).filter((word) => word !== "--");
  assert.deepEqual(args.slice(0, 2), ["pulumi", "config"]);
  const path = args[args.indexOf("--path") + 1]!;
  const parts = [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map((m) => m[1] ?? m[2] ?? m[3]!);
  assert.equal(parts.shift(), "files");
  const last = parts.pop()!;
  let at = tree;
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1] ?? last;
    at = (at[part] ??= /^\d+$/.test(next) ? [] : {}) as Tree;
  }
  if (args[2] === "rm") delete at[last];
  else at[last] = typed(args.at(-1)!);
}

function typed(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^\d+$/.test(text) ? Number(text) : text;
}

describe("the way back to an older version", () => {
  const facts = testFacts();
  const cases: [FileKey, title: string, older: Tree, current: Tree][] = [
    ["memory", "a number", { memory: { maxItems: 20_000 } }, {}],
    ["memory", "a number that was the default", {}, { memory: { maxItems: 20_000 } }],
    ["ssl", "a list", { ssl: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] } }, {}],
    [
      "mcp",
      "a shorter list",
      { mcpServers: { postgres: { alwaysAllow: ["get_tables"] } } },
      { mcpServers: { postgres: { alwaysAllow: ["get_schema", "get_tables"] } } },
    ],
    ["env", "a variable", { KILOCODE_PROJECT_NAME: "O'Neill & sons" }, {}],
    ["env", "a variable in other quotes", { KILOCODE_PROJECT_NAME: '"sons" $HOME `x`' }, {}],
  ];
  for (const [file, title, older, current] of cases) {
    it(`brings ${title} of ${fileName(file)} back, byte for byte`, () => {
      const text = (own: Tree) => renderFiles(facts, { [file]: own })[fileName(file)]!;
      const { commands, remarks } = wayBack("dev", file, text(current), text(older));
      assert.deepEqual(remarks, []);
      assert.ok(commands.length > 0);
      const files: Tree = { [file]: structuredClone(current) };
      for (const line of commands) configure(files, line);
      assert.equal(renderFiles(facts, files)[fileName(file)], text(older));
    });
  }

  it("names the setting of a key that follows from one, and the reason of one that nothing changes", () => {
    const older = JSON.parse(renderFiles(facts)["postgres.json"]!) as { database: { pool: { max: number } } };
    const current = structuredClone(older) as typeof older & { server: { port: number } };
    older.database.pool.max = 33;
    current.server.port = 1;
    const back = wayBack("dev", "postgres", JSON.stringify(current), JSON.stringify(older));
    assert.deepEqual(back.commands, []);
    assert.equal(back.remarks.length, 2);
    assert.match(
      back.remarks.join("\n"),
      /^\/server\/port .*\n\/database\/pool\/max follows from postgres\.maxConnections$/,
    );
  });
});

describe("versions of a file", () => {
  const version = (number: number, content: string | null): FileVersion => ({
    path: "/etc/kilocode/mcp/memory.json",
    version: number,
    change: content === null ? "deleted" : "written",
    content,
    checksum: String(number).repeat(64),
    changedAt: new Date(Date.UTC(2026, 0, number, 10)),
    changedBy: "provisioner_1",
  });
  const text = (maxItems: number) =>
    renderFiles(testFacts(), { memory: { memory: { maxItems } } })["memory.json"]!;
  const history = [version(1, text(1000)), version(2, text(2000)), version(2, null), version(3, text(3000))];

  it("are listed newest first, with time, checksum and who wrote them", () => {
    assert.deepEqual(historyTable(history, plain).split("\n"), [
      "/etc/kilocode/mcp/memory.json",
      "ver  time (UTC)           SHA-256       by",
      "  3  2026-01-03 10:00:00Z  333333333333  provisioner_1   in force",
      "  2  2026-01-02 10:00:00Z  222222222222  provisioner_1   deleted",
      "  2  2026-01-02 10:00:00Z  222222222222  provisioner_1",
      "  1  2026-01-01 10:00:00Z  111111111111  provisioner_1",
    ]);
  });

  it("are compared as asked for, by default the last with the one before", () => {
    const chosen = (...asked: string[]) => {
      const { older, newer } = chooseVersions(history, asked);
      return [older.version, newer.version];
    };
    assert.deepEqual(chosen(), [2, 3]);
    assert.deepEqual(chosen("1"), [1, 3]);
    assert.deepEqual(chosen("1", "2"), [1, 2]);
    assert.throws(() => chosen("7"), /CONFIG_VERSION.*1, 2, 3/s);
    assert.throws(() => chooseVersions(history.slice(0, 1), []), /one version only/);
  });

  it("show what differs by pointer, and the commands that go back from the version in force", () => {
    const report = differenceReport("dev", chooseVersions(history, ["1", "2"]), history[3]!, plain);
    assert.match(report, /^memory\.json: version 1 .* → version 2 /);
    assert.match(report, /^~ \/memory\/maxItems {2}1000 → 2000$/m);
    assert.match(report, /pulumi config set --stack dev --path files\.memory\.memory\.maxItems 1000$/m);
    assert.doesNotMatch(report, /follows from/, "goes back with it");
  });
});
