import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse as parseDotenv } from "dotenv";
import * as fc from "fast-check";
import { buildFiles } from "#model/files/build.ts";
import { fileCatalog } from "#model/files/catalog.ts";
import { fileLeaves } from "#model/files/leaves.ts";
import { quoteDotenv } from "#model/files/quoteDotenv.ts";
import { renderFile, renderFiles } from "#model/files/render.ts";
import { fillSecrets } from "#model/files/secretReference.ts";
import { fileKeys, fileName, type FileKey, type FileValues } from "#model/files/schema/files.ts";
import { testFacts } from "#test/fileFacts.ts";

const facts = testFacts();
const values = buildFiles(facts);

/** What a syntax could take for its own. */
const hostile = [
  "",
  " ",
  "'",
  '"',
  "\\",
  "\\'",
  '\\"',
  "\n",
  "\r\n",
  "\t",
  "\0",
  "\u001b[2J",
  "\u2028",
  "\ufeff",
  "`id`",
  "$(id)",
  "${HOME}",
  "$HOME",
  "${secret:database-password}",
  "=",
  "#",
  " # x",
  "a=b",
  "!",
  "*",
  "~",
  "{{x}}",
  "{{{x}}}",
  "</script>",
  "é",
  "日本語",
  "🦊",
  "\ud800",
  "\udc00x",
  'it\'s "here" $HOME',
  "'; rm -rf / #",
  "x'\nDATABASE_URL=y",
  "__proto__",
  "%0a",
  "end\\",
  "it's",
  "export A=1",
  "0 2 * * *",
  "null",
  "x".repeat(1_000_000),
  "'\"".repeat(500_000),
  "\\".repeat(1_000_000),
];

const hostileText = fc.oneof(
  fc.constantFrom(...hostile.filter(({ length }) => length < 100)),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "`", "{", "}", "(", "#", "=", " ", "\n", "a") }),
);

/** The values of a file with its texts, at any depth, replaced. */
function withTexts<T>(value: T, text: () => string): T {
  if (typeof value === "string") return text() as T;
  if (Array.isArray(value)) return value.map((item: unknown) => withTexts(item, text)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTexts(item, text)])) as T;
}

describe("rendered files", () => {
  const texts = renderFiles(facts);

  it("are the ten of the specification, each with a template, a schema and readers", () => {
    assert.deepEqual(Object.keys(texts), [
      "mcp.json",
      ".env",
      "filesystem.json",
      "postgres.json",
      "memory.json",
      "compliance.json",
      "ssl.json",
      "access.json",
      "metrics.json",
      "logging.json",
    ]);
    for (const { name, readers, path } of fileCatalog) {
      assert.ok(texts[name]!.endsWith("\n"), name);
      assert.ok(readers.includes("tools"));
      assert.equal(path, `/etc/kilocode/mcp/${name}`);
    }
    assert.deepEqual(fileCatalog.find(({ name }) => name === ".env")?.readers, ["tools"]);
  });

  it("are the same bytes for the same settings, in whatever order they were written", () => {
    const some = { memory: { memory: { maxItems: 5, retentionDays: 3 } }, env: { BACKUP_RETENTION_DAYS: 1 } };
    const other = {
      env: { BACKUP_RETENTION_DAYS: 1 },
      memory: { memory: { retentionDays: 3, maxItems: 5 } },
    };
    assert.deepEqual(renderFiles(facts, some), renderFiles(structuredClone(facts), other));
  });

  it("hold every key of the model, in its order", () => {
    for (const file of fileKeys) {
      const text = texts[fileName(file)]!;
      if (file === "env") {
        const names = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
        assert.deepEqual(
          names,
          fileLeaves("env").map(({ parts }) => parts[0]),
        );
      } else assert.equal(JSON.stringify(JSON.parse(text)), JSON.stringify(values[file]), file);
    }
  });

  it("change by one line where one key changes", () => {
    const changed = renderFiles(facts, { memory: { memory: { similarityThreshold: 0.8 } } });
    for (const [name, text] of Object.entries(texts)) {
      const before = text.split("\n");
      const lines = changed[name]!.split("\n").filter((line, index) => line !== before[index]);
      assert.deepEqual(lines, name === "memory.json" ? ['    "similarityThreshold": 0.8'] : [], name);
    }
  });

  it("hold no secret: references in JSON, marks in .env", () => {
    const marks = texts[".env"]!.split("\n").filter((line) => line.includes("${"));
    assert.deepEqual(marks, [
      "DATABASE_URL=postgresql://app_user_1:${secret:database-password:url}@database:5432/mcp_db",
      "DATABASE_PASSWORD=${secret:database-password}",
      "JWT_SECRET=${secret:jwt-secret}",
      "API_KEY=${secret:api-key}",
      "ENCRYPTION_KEY=${secret:encryption-key}",
    ]);
    const { ".env": _, ...json } = texts;
    const named = Object.values(json).flatMap((text) => [
      ...text.matchAll(/"(password|secret|keys)": (.*?),?$/gm),
    ]);
    assert.equal(named.length, 10);
    for (const [, name, value] of named)
      assert.match(value!, /^"file:\/run\/kilocode\/secrets\/[a-z-]+"$/, name);
  });

  it("have one line that a search for DATABASE_URL finds, whole for cut", () => {
    const lines = texts[".env"]!.split("\n").filter((line) => line.includes("DATABASE_URL"));
    assert.equal(lines.length, 1);
    assert.equal(lines[0]!.split("=").length, 2);
  });
});

describe("JSON templates", () => {
  for (const file of fileKeys.filter((key) => key !== "env")) {
    it(`${fileName(file)} reproduces hostile texts exactly`, () => {
      const check = (changed: FileValues[FileKey]) =>
        assert.deepEqual(JSON.parse(renderFile(file, changed as never)), changed);
      for (const text of hostile) check(withTexts(values[file], () => text));
      fc.assert(
        fc.property(fc.infiniteStream(hostileText), (stream) => {
          check(withTexts(values[file], () => stream.next().value));
        }),
        { numRuns: 30 },
      );
    });
  }
});

describe(".env", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "dotenv-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What `source` makes of the lines, through bash itself; it must not have printed or run anything else. */
  function sourced(lines: readonly string[], names: readonly string[]): (string | undefined)[] {
    const path = join(folder, ".env");
    writeFileSync(path, `${lines.join("\n")}\n`);
    const script = `source "$1"; shift; for name in "$@"; do printf '%s\\0' "\${!name}"; done`;
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["--norc", "--noprofile", "-euc", script, "bash", path, ...names],
      {
        env: { LC_ALL: "C.UTF-8", HOME: "/canary" },
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 1 << 28,
      },
    );
    assert.equal(stderr.toString(), "");
    assert.equal(status, 0);
    return stdout.toString("utf8").split("\0").slice(0, -1);
  }

  /** The line for a value, or undefined if it is refused. */
  function line(name: string, value: string): string | undefined {
    try {
      return `${name}=${quoteDotenv(value)}`;
    } catch (error) {
      assert.match((error as Error).message, /\.env|character|taken for a secret/);
      assert.ok((error as Error).message.length < 100);
      return undefined;
    }
  }

  function agree(texts: readonly string[]): number {
    const written = texts
      .map((value, index) => ({ name: `V${String(index)}`, value }))
      .map(({ name, value }) => ({ name, value, text: line(name, value) }))
      .filter(({ text }) => text !== undefined);
    const lines = written.map(({ text }) => text!);
    const expected = written.map(({ value }) => value);
    const names = written.map(({ name }) => name);
    const parsed = parseDotenv(lines.join("\n"));
    assert.deepEqual(
      names.map((name) => parsed[name]),
      expected,
    );
    assert.deepEqual(sourced(lines, names), expected);
    return written.length;
  }

  it("gives bash and a dotenv parser the same value, or refuses it", () => {
    assert.ok(agree(hostile.filter(({ length }) => length < 100)) >= 28);
  });

  for (const text of hostile.filter(({ length }) => length >= 100)) {
    it(`does so with a megabyte of ${JSON.stringify(text.slice(0, 2))}`, () => void agree([text]));
  }

  it("does so with whatever else", () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 50, maxLength: 50 }), (texts) => void agree(texts)),
      { numRuns: 20 },
    );
  });

  it("refuses what it cannot write by the name of the variable", () => {
    const changed = { ...values.env, KILOCODE_PROJECT_NAME: "two\nlines" };
    assert.throws(() => renderFile("env", changed), /KILOCODE_PROJECT_NAME: a line break/);
  });

  it("as a whole is read alike by bash and a dotenv parser, with its secrets in", () => {
    const secrets = {
      "database-password": "p&w d%",
      "jwt-secret": "$x`y`\\z",
      "api-key": "kcp_0123",
      "encryption-key": 'a"b',
    };
    const filled = fillSecrets(renderFile("env", values.env), secrets, quoteDotenv);
    const names = Object.keys(values.env);
    const parsed = parseDotenv(filled);
    const expected = names.map((name) => {
      const value = String(values.env[name as keyof typeof values.env]);
      if (name === "DATABASE_URL") return value.replace(/\$\{.*?\}/, "p%26w%20d%25");
      return value.replace(/^\$\{secret:(.*)\}$/, (_, secret: keyof typeof secrets) => secrets[secret]);
    });
    assert.deepEqual(
      names.map((name) => parsed[name]),
      expected,
    );
    assert.deepEqual(sourced(filled.split("\n"), names), expected);
  });
});
