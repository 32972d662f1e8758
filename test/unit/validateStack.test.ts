import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readStackFile } from "#settings/readStackFile.ts";
import { validateStack } from "#toolchain/validate/stack.ts";
import { codesOf } from "./settingsCases.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

describe("a stack's file", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kilocode-stack-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: kilocode-mcp\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** `line rule key` of each finding. */
  function found(lines: readonly string[], stack = "dev"): string[] {
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), `${lines.join("\n")}\n`);
    return validateStack(folder, stack).findings.map(({ line, rule, pointer }) =>
      `${String(line)} ${rule} ${pointer}`.trim(),
    );
  }

  it("is valid with nothing in it, and need not be there for dev", () => {
    assert.deepEqual(validateStack(folder, "dev").findings, []);
    assert.deepEqual(found([""]), []);
    assert.deepEqual(found(["encryptionsalt: v1:abc", "config: {}"]), []);
  });

  it("has to be there for another stack", () => {
    assert.deepEqual(
      validateStack(folder, "staging").findings.map(({ rule, file }) => [rule, file]),
      [["file-missing", "Pulumi.staging.yaml"]],
    );
  });

  it("is judged with its secrets encrypted", () => {
    const secure = "      secure: v1:bm9uY2U=:Y2lwaGVydGV4dA==";
    const secrets = ["config:", "  kilocode-mcp:secrets:", "    slack:", secure];
    const channels = [
      "  kilocode-mcp:files:",
      "    compliance:",
      "      compliance:",
      "        notificationChannels:",
    ];
    assert.deepEqual(found([...secrets, ...channels, "          - slack"]), []);
    assert.deepEqual(found([...secrets, ...channels, "          - email"]), [
      "9 secrets-supplied files.compliance.compliance.notificationChannels[0]",
    ]);
  });

  it("is refused with the line of each fault", () => {
    const lines = [
      "config:",
      "  kilocode-mcp:postgres:",
      "    memry: 2GB",
      "  kilocode-mcp:files:",
      "    memory:",
      "      memory:",
      "        maxItems: 0",
      "      database:",
      "        maxSize: 5",
      "  kilocode-mpc:protect: true",
    ];
    assert.deepEqual(found(lines), [
      "10 SETTINGS_UNKNOWN_KEY kilocode-mpc:protect",
      "3 SETTINGS_UNKNOWN_KEY postgres.memry",
      "9 SETTINGS_DERIVED files.memory.database.maxSize",
      "7 SETTINGS_INVALID files.memory.memory.maxItems",
    ]);
  });

  it("is refused with the rule that is broken, and the files that it is about", () => {
    const lines = [
      "config:",
      "  kilocode-mcp:files:",
      "    memory:",
      "      memory: { embeddingModel: bge-m3 }",
    ];
    assert.deepEqual(found(lines), ["4 embedding files.memory.memory.embeddingModel"]);
    const [finding] = validateStack(folder, "dev").findings;
    assert.deepEqual(finding?.related[0], { file: "memory.json", pointer: "/memory/embeddingModel" });
  });

  it("is refused where it is no YAML, and its text is not quoted", () => {
    assert.deepEqual(found(["config:", "  kilocode-mcp:protect: true", "  kilocode-mcp:protect: false"]), [
      "3 yaml-syntax",
    ]);
    writeFileSync(join(folder, "Pulumi.dev.yaml"), "config: {\n  kilocode-mcp:secrets: {a: hunter2\n");
    const { findings } = validateStack(folder, "dev");
    assert.ok(findings.length > 0 && findings.every(({ rule }) => rule === "yaml-syntax"));
    assert.ok(!JSON.stringify(findings).includes("hunter2"));
  });

  it("is refused for a secret in clear, whose value is not said", () => {
    const lines = ["config:", "  kilocode-mcp:secrets:", "    slack: https://hooks.example/T0/B0/hunter2"];
    assert.deepEqual(found(lines), ["3 SETTINGS_SECRET_MISPLACED secrets.slack"]);
    assert.ok(!JSON.stringify(validateStack(folder, "dev")).includes("hunter2"));
  });

  it("tells which of its keys nothing obeys yet", () => {
    const lines = ["config:", "  kilocode-mcp:files:", "    ssl: { ssl: { certRenewalDays: 20 } }"];
    assert.deepEqual(found(lines), []);
    const planned = validateStack(folder, "dev").planned.map(({ file, pointer }) => `${file} ${pointer}`);
    assert.deepEqual(planned, ["ssl.json /ssl/certRenewalDays"]);
  });

  it("gives what Pulumi would hand over", () => {
    const text =
      "config:\n  kilocode-mcp:protect: true\n  kilocode-mcp:network:\n    portBase: 14000\n  aws:region: x\n";
    const { raw } = readStackFile(text, "kilocode-mcp", "dev");
    assert.deepEqual(raw?.config, { protect: "true", network: '{"portBase":14000}' });
    assert.deepEqual([raw?.foreignKeys, raw?.secretKeys], [[], []]);
  });

  it("that is the repository's own is valid for dev", () => {
    assert.deepEqual(validateStack(repository, "dev").findings, []);
  });
});

describe("settings that break a rule across files", () => {
  it("are refused before anything is made", () => {
    const files = { postgres: { server: { maxRequestSize: "128MB" } } };
    assert.deepEqual(
      codesOf({
        project: "kilocode-mcp",
        stack: "dev",
        secretKeys: [],
        config: { files: JSON.stringify(files) },
      }),
      ["FILES_RULE files.postgres.server.maxRequestSize"],
    );
  });
});

describe("npm run validate", () => {
  function validate(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/validate.ts", ...args], {
      cwd: repository,
      encoding: "utf8",
      // Neither an engine nor Pulumi nor a home folder.
      env: { PATH: "", DOCKER_HOST: "tcp://127.0.0.1:1", HOME: "/nonexistent" },
    });
    return { status, stdout, stderr };
  }

  it("ends with 0 for what is valid", () => {
    const { status, stdout } = validate();
    assert.deepEqual(
      [status, stdout.trimEnd().split("\n").at(-1)],
      [0, "stack dev (Pulumi.dev.yaml): valid"],
    );
  });

  it("ends with 1 for what is not, and says the same as JSON", () => {
    const folder = "test/fixtures/validate/specification";
    const people = validate("--dir", folder);
    assert.equal(people.status, 1);
    assert.match(people.stdout, /^ {2}10:7 {2}\/ssl\/cipherSuites\/2 {2}invalid-value$/m);
    const programs = validate(`--dir=${folder}`, "--json");
    assert.equal(programs.status, 1);
    const { ok, findings } = JSON.parse(programs.stdout) as { ok: boolean; findings: { rule: string }[] };
    assert.equal(ok, false);
    assert.ok(people.stdout.includes(`${String(findings.length)} faults`));
  });

  it("ends with 2 and its usage for arguments that it does not know", () => {
    for (const args of [["--folder", "x"], ["--dir"], ["x"]]) {
      const { status, stderr } = validate(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, /^npm run validate/);
    }
  });
});
