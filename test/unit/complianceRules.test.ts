import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseDocument } from "yaml";
import { parseRuleFile } from "#servers/compliance/ruleBook/parseRuleFile.ts";
import { maxFileBytes, readRuleFolder } from "#servers/compliance/ruleBook/readRuleFolder.ts";
import { shippedRules } from "#servers/compliance/ruleBook/ruleBook.ts";

const folder = new URL("../../servers/compliance/rules/", import.meta.url);
const good = `rules:
  - id: ours-one
    name: It holds.
    severity: high
    check: { kind: setting, name: ssl, expect: { operator: equals, value: "on" } }
    message: It does not.
    remediation: { text: Mend it. }
    reference: { source: Ours, section: "1", title: First }
`;

describe("the shipped rules", () => {
  const rules = shippedRules();

  it("are valid, at least 35, each with severity, remediation and reference, by the JSON Schema, too", () => {
    assert.ok(rules.length >= 35, String(rules.length));
    const schema = JSON.parse(
      readFileSync(new URL("../../schemas/compliance-rule.schema.json", import.meta.url), "utf8"),
    ) as object;
    const validate = new Ajv2020({ strict: false }).compile(schema);
    for (const file of new Set(rules.map((rule) => rule.file))) {
      const value = parseDocument(readFileSync(new URL(file, folder), "utf8")).toJS() as unknown;
      assert.ok(validate(value), `${file}: ${JSON.stringify(validate.errors)}`);
    }
    for (const { id, severity, remediation, reference, message } of rules) {
      assert.ok(severity && message && remediation.text.length > 10, id);
      assert.ok(reference.source && reference.section && reference.title, id);
      if (remediation.command !== undefined)
        assert.match(remediation.command, /^pulumi config (set|rm) /, id);
    }
  });

  it("look at TLS, grants, credentials, containers, modes, environments, extensions, settings, logs and backups", () => {
    const ids = rules.map(({ id }) => id).join(" ");
    for (const part of ["tls-", "access-surplus-grants", "credential-old-keys", "container-", "-modes"])
      assert.ok(ids.includes(part), part);
    for (const part of [
      "credential-environment",
      "database-extension-versions",
      "database-fsync",
      "logging-",
      "backup-",
    ])
      assert.ok(ids.includes(part), part);
    const kinds = new Set(rules.map(({ check }) => check.kind));
    assert.deepEqual([...kinds].toSorted(), ["agreement", "fact", "query", "report", "setting"]);
  });
});

describe("a file of rules", () => {
  const refused = (text: string) => {
    const { rules, faults } = parseRuleFile("x.yaml", text);
    assert.deepEqual(rules, []);
    return faults.map(({ line, pointer, problem }) => `${String(line)} ${pointer} ${problem}`).join("\n");
  };

  it("is read as YAML 1.2", () => {
    assert.equal(parseRuleFile("x.yaml", good).rules[0]!.id, "ours-one");
    assert.deepEqual(parseRuleFile("x.yaml", good).faults, []);
  });

  it("is told by line and pointer what is wrong with it", () => {
    const cases: [edit: (text: string) => string, told: RegExp][] = [
      [
        (text) => text.replace("severity: high", "severity: huge"),
        /^4 \/rules\/0\/severity one of low, medium/,
      ],
      [(text) => text.replace("ours-one", "Ours One"), /^2 \/rules\/0\/id /],
      [(text) => text.replace("message: It does not.", "message: 7"), /^6 \/rules\/0\/message /],
      [(text) => text.replace("    message: It does not.\n", ""), /^2 \/rules\/0\/message /],
      [
        (text) => text.replace("kind: setting", "kind: shell"),
        /^5 \/rules\/0\/check.* a check of kind setting/,
      ],
      [
        (text) => text.replace("operator: equals", "operator: matches"),
        /^5 \/rules\/0\/check\/expect.* an operator: equals/,
      ],
      [
        (text) => text.replace("name: ssl", `name: "ssl'; DROP TABLE users; --"`),
        /^5 \/rules\/0\/check\/name a setting's name/,
      ],
      [(text) => text.replace("rules:", "rules:\nrules:"), /^1 .*unique/],
      [(text) => `${text}    exec: rm -rf /\n`, /^2 \/rules\/0 has no key "exec"/],
      [() => "", /expected object|expected record/],
      [() => "[]", /^1 {2}/],
      [() => "rules: {}", /^1 \/rules /],
      [() => "rules: [", /^\d+ /],
      [() => "a: b\n---\nc: d", /multiple documents/],
      [(text) => text.replace("It holds.", "It\\0holds.").replace("name: It", 'name: "It'), /^3 /],
    ];
    for (const [edit, told] of cases) assert.match(refused(edit(good)), told);
  });

  it("has no aliases, anchors, tags, merges or keys that mean something to JavaScript", () => {
    const bomb = ["a: &a [x, x]", ...Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [*a, *a]`)].join(
      "\n",
    );
    assert.match(refused(`${bomb}\n${good}`), /anchors are not allowed|aliases are not allowed/);
    assert.match(refused(`base: &b { id: x-y }\nrules:\n  - <<: *b\n`), /aliases are not allowed/);
    assert.match(refused(good.replace("high", "!!js/function 'x'")), /tag/i);
    assert.match(refused(good.replace("high", "!danger high")), /tag/i);
    for (const key of ["__proto__", "constructor", "prototype"]) {
      assert.match(
        refused(`${good}    ${key}: { isAdmin: true }\n`),
        new RegExp(`9 .*${key} is not allowed`),
      );
      assert.match(
        refused(good.replace("kind: setting, name: ssl", `kind: report, pointer: /${key}`)),
        /\/rules\/0\/check\/pointer a JSON Pointer/,
      );
    }
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  });

  it("is refused without harm when it is nested, long or empty beyond reason", () => {
    assert.match(refused(`rules: ${"[".repeat(20_000)}`), /nested too deeply/);
    assert.match(refused(`rules: ${"- ".repeat(20_000)}`), /nested too deeply/);
    const steps = Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n");
    assert.match(refused(steps), /nested too deeply/);
    assert.match(refused(`rules:\n${"- x\n".repeat(5000)}`), /.+/);
    assert.match(refused(good.replace("It holds.", "x".repeat(5000))), /\/rules\/0\/name /);
    assert.match(refused("\u0000"), /.+/);
  });
});

describe("the rules folder", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "rules-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  it("gives regular files only: no link, pipe, folder, giant or text of another encoding", async () => {
    await writeFile(join(root, "a.yaml"), good);
    await writeFile(join(root, "notes.txt"), "not looked at");
    await writeFile(join(root, "..secret.yaml"), "not looked at");
    await symlink("/etc/passwd", join(root, "b.yaml"));
    execFileSync("mkfifo", [join(root, "c.yaml")]);
    await mkdir(join(root, "d.yaml"));
    await writeFile(join(root, "e.yaml"), "x".repeat(maxFileBytes + 1));
    await writeFile(join(root, "f.yaml"), Buffer.of(0x72, 0xff, 0xfe));
    const found = await readRuleFolder(root);
    assert.deepEqual(
      found.map(({ file, text, problem }) => [file, text === undefined ? problem : "text"]),
      [
        ["a.yaml", "text"],
        ["b.yaml", "is a symbolic link, which is not followed"],
        ["c.yaml", "is no regular file"],
        ["d.yaml", "is no regular file"],
        ["e.yaml", "has more than 256 kB"],
        ["f.yaml", "is not UTF-8"],
      ],
    );
  });

  it("may be reached by a link itself, and need not be there", async () => {
    await writeFile(join(root, "a.yaml"), good);
    await symlink(root, `${root}-link`);
    assert.equal((await readRuleFolder(`${root}-link`)).length, 1);
    await rm(`${root}-link`);
    assert.deepEqual(await readRuleFolder(join(root, "none")), []);
  });
});
