import assert from "node:assert/strict";
import { inspectStackFile } from "#settings/stackFile.ts";
import { codesOf, faultsOf, raw } from "#test/unit/settingsCases.ts";

const canary = "c4n4ry-zQ81xP";

describe("Secrets in the stack configuration", () => {
  it("below `secrets` are accepted", () => {
    assert.deepEqual(codesOf(raw({ secrets: { smtp: canary } })), []);
  });

  it("elsewhere are refused with the command that moves them, and are not shown", () => {
    const given = raw(
      { postgres: { memory: canary } },
      { secretKeys: ["postgres"], secretPaths: ["postgres.memory"] },
    );
    const faults = faultsOf(given);
    assert.equal(faults[0]?.code, "SETTINGS_SECRET_MISPLACED");
    assert.equal(
      faults[0]?.mend,
      "pulumi config rm --path 'postgres.memory' && pulumi config set --path --secret 'secrets.postgresMemory'",
    );
    assert.ok(!JSON.stringify(faults).includes(canary));
  });

  it("in a file are refused without a word about any value there", () => {
    const files = { env: { KILOCODE_PROJECT_NAME: `${canary}\n` }, memory: { memory: { maxItems: canary } } };
    const faults = faultsOf(
      raw({ files }, { secretKeys: ["files"], secretPaths: ["files.env.KILOCODE_PROJECT_NAME"] }),
    );
    assert.deepEqual(
      faults.map(({ code, where }) => [code, where]),
      [["SETTINGS_SECRET_MISPLACED", "files.env.KILOCODE_PROJECT_NAME"]],
    );
    assert.ok(!JSON.stringify(faults).includes(canary));
  });

  it("are found by their top-level key where the stack's file cannot be read", () => {
    const given = raw({ network: { publish: "127.0.0.1" } }, { secretKeys: ["network"] });
    assert.deepEqual(codesOf(given), ["SETTINGS_SECRET_MISPLACED network"]);
  });

  it("under a key that does not exist are sent to `secrets`", () => {
    const faults = faultsOf(raw({ smtpPassword: canary }));
    assert.deepEqual(
      faults.map(({ code, mend }) => [code, mend]),
      [
        [
          "SETTINGS_SECRET_MISPLACED",
          "pulumi config rm --path 'smtpPassword' && pulumi config set --path --secret 'secrets.smtpPassword'",
        ],
      ],
    );
    assert.ok(!JSON.stringify(faults).includes(canary));
  });

  it("set at the top with --secret give one fault", () => {
    const given = raw(
      { smtpPassword: canary },
      { secretKeys: ["smtpPassword"], secretPaths: ["smtpPassword"] },
    );
    assert.deepEqual(codesOf(given), ["SETTINGS_SECRET_MISPLACED smtpPassword"]);
  });

  it("in clear below `secrets` are refused, and are not shown", () => {
    for (const more of [{ secretKeys: [] }, { secretKeys: ["secrets"], plainSecrets: ["smtp"] }]) {
      const faults = faultsOf(raw({ secrets: { smtp: canary } }, more));
      assert.deepEqual(
        faults.map(({ code, where, mend }) => [code, where, mend]),
        [["SETTINGS_SECRET_MISPLACED", "secrets.smtp", "pulumi config set --path --secret 'secrets.smtp'"]],
      );
      assert.ok(!JSON.stringify(faults).includes(canary));
    }
  });

  it("that are placeholders are refused", () => {
    for (const text of [
      "your_jwt_secret_here_change_in_production",
      "secure_password",
      "changeme",
      "password",
      "secret123",
      "<token>",
    ]) {
      assert.deepEqual(
        codesOf(raw({ secrets: { smtp: text } })),
        ["SETTINGS_PLACEHOLDER secrets.smtp"],
        text,
      );
    }
  });
});

describe("Placeholders outside `secrets`", () => {
  it("are refused where they stand", () => {
    const given = raw({
      docker: { context: "your_context" },
      network: { hostnames: ["your-company.example.org"] },
    });
    assert.deepEqual(codesOf(given), [
      "SETTINGS_PLACEHOLDER docker.context",
      "SETTINGS_PLACEHOLDER network.hostnames[0]",
    ]);
  });

  it("are not seen in ordinary values", () => {
    const given = raw({ network: { hostnames: ["password.example.org", "here.example.org"] } });
    assert.deepEqual(codesOf(given), []);
  });
});

describe("A stack's file", () => {
  it("tells where secrets lie, and which lie in clear", () => {
    const text = [
      "config:",
      "  kilocode-mcp:secrets:",
      "    smtp:",
      "      secure: v1:abc:def",
      "    slack: in-clear",
      "  kilocode-mcp:postgres:",
      "    settings:",
      "      x:",
      "        secure: v1:abc:def",
      "  docker:host: unix:///run/docker.sock",
    ].join("\n");
    assert.deepEqual(inspectStackFile(text, "kilocode-mcp"), {
      keys: ["secrets", "postgres"],
      secretPaths: ["secrets.smtp", "postgres.settings.x"],
      plainSecrets: ["slack"],
    });
    assert.deepEqual(inspectStackFile("", "kilocode-mcp"), { keys: [], secretPaths: [], plainSecrets: [] });
  });
});
