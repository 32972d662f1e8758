import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFiles } from "#model/files/build.ts";
import { fileFacts } from "#model/files/facts.ts";
import { createColors } from "picocolors";
import { complete } from "#settings/defaults.ts";
import { deliveredTexts } from "#toolchain/validate/deliveredTexts.ts";
import { validateFolder } from "#toolchain/validate/folder.ts";
import { report } from "#toolchain/validate/report.ts";

const settings = complete(
  {
    servers: {
      filesystem: { enabled: true },
      memory: { enabled: true },
      compliance: { enabled: true },
    },
  },
  "kilocode-mcp",
  "dev",
);
const texts = deliveredTexts(buildFiles(fileFacts(settings, "0")));

describe("a folder of files", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kilocode-folder-"));
    for (const [name, text] of texts) writeFileSync(join(folder, name), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function found(): string[] {
    return validateFolder(folder, settings).findings.map(({ rule, file, pointer }) =>
      `${rule} ${file} ${pointer}`.trim(),
    );
  }

  function replace(name: string, content: string | Uint8Array): void {
    rmSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name), content);
  }

  function json(name: string): Record<string, Record<string, unknown>> {
    return JSON.parse(texts.get(name) ?? "") as Record<string, Record<string, unknown>>;
  }

  it("that the stack would deliver is valid", () => {
    assert.deepEqual(found(), []);
  });

  it("says which keys are not yet obeyed, if they differ from the usual", () => {
    assert.deepEqual(validateFolder(folder, settings).planned, []);
    const content = json("ssl.json");
    content["ssl"]!["certRenewalDays"] = 20;
    replace("ssl.json", JSON.stringify(content));
    replace(
      ".env",
      (texts.get(".env") ?? "").replace(
        /^SECURITY_PASSWORD_EXPIRY_DAYS=.*$/m,
        "SECURITY_PASSWORD_EXPIRY_DAYS=77",
      ),
    );
    assert.deepEqual(found(), []);
    assert.deepEqual(
      validateFolder(folder, settings).planned.map(({ file, pointer }) => `${file} ${pointer}`),
      [".env SECURITY_PASSWORD_EXPIRY_DAYS", "ssl.json /ssl/certRenewalDays"],
    );
  });

  it("with nothing in it is refused", () => {
    for (const name of texts.keys()) rmSync(join(folder, name));
    assert.deepEqual(found(), [`folder-empty ${folder}`]);
  });

  it("that is not there, or is a file, is refused", () => {
    folder = join(folder, "missing");
    assert.deepEqual(found(), [`file-unreadable ${folder}`]);
    writeFileSync(folder, "");
    assert.deepEqual(found(), [`file-unreadable ${folder}`]);
    folder = join(folder, "..");
  });

  it("with a file of 0 bytes is refused", () => {
    replace("metrics.json", "");
    replace(".env", "");
    assert.deepEqual(found(), ["file-empty .env", "file-empty metrics.json"]);
  });

  it("that lacks a file is refused, unless it is that of a server that mcp.json does not name", () => {
    rmSync(join(folder, "compliance.json"));
    assert.deepEqual(found(), ["file-missing compliance.json"]);
    const content = json("mcp.json");
    Reflect.deleteProperty(content["mcpServers"]!, "compliance");
    replace("mcp.json", JSON.stringify(content));
    assert.deepEqual(found(), []);
  });

  it("with a misspelt file name is refused, with the one that was meant", () => {
    rmSync(join(folder, "memory.json"));
    writeFileSync(join(folder, "memmory.json"), "{}");
    writeFileSync(join(folder, "README.md"), "not ours");
    const { findings } = validateFolder(folder, settings);
    const unknown = findings.find(({ rule }) => rule === "file-unknown");
    assert.deepEqual([unknown?.file, unknown?.mend], ["memmory.json", "Did you mean memory.json?"]);
  });

  it("with something else than a file is refused, and a pipe is not waited for", () => {
    rmSync(join(folder, "ssl.json"));
    mkdirSync(join(folder, "ssl.json"));
    rmSync(join(folder, "access.json"));
    assert.equal(spawnSync("mkfifo", [join(folder, "access.json")]).status, 0);
    rmSync(join(folder, "metrics.json"));
    symlinkSync("/nowhere", join(folder, "metrics.json"));
    assert.deepEqual(found(), [
      "file-unreadable access.json",
      "file-unreadable metrics.json",
      "file-unreadable ssl.json",
    ]);
  });

  it("with links to files, as volumes have them, is valid", () => {
    mkdirSync(join(folder, "..data"));
    writeFileSync(join(folder, "..data", "ssl.json"), texts.get("ssl.json") ?? "");
    rmSync(join(folder, "ssl.json"));
    symlinkSync("..data/ssl.json", join(folder, "ssl.json"));
    assert.deepEqual(found(), []);
  });

  it("with a file in another encoding, or a huge one, is refused", () => {
    replace("ssl.json", Buffer.from('{"ssl": "\u00e9"}', "latin1"));
    replace("logging.json", " ".repeat(5 * 1024 ** 2));
    assert.deepEqual(found(), ["file-unreadable logging.json", "file-unreadable ssl.json"]);
  });

  it("with a key twice, a trailing comma and a comment is refused for each", () => {
    const text = texts.get("ssl.json") ?? "";
    replace("ssl.json", text.replace('"enabled": true,', '"enabled": true, "enabled": true, // twice\n'));
    replace("logging.json", (texts.get("logging.json") ?? "").replace(/\}\s*\}\s*$/, "},}"));
    assert.deepEqual(found(), [
      "json-duplicate-key ssl.json /ssl/enabled",
      "json-syntax ssl.json",
      "json-syntax logging.json",
    ]);
  });

  it("with a secret where a reference belongs is refused, and the secret is not said", () => {
    const secret = "correct-horse-battery-staple";
    const content = json("postgres.json");
    content["database"]!["password"] = secret;
    content["database"]!["connectionString"] = `postgresql://postgres_1:${secret}@database:5432/mcp_db`;
    content["security"]!["apiToken"] = secret;
    replace("postgres.json", JSON.stringify(content));
    const { findings } = validateFolder(folder, settings);
    assert.deepEqual(
      findings.filter(({ rule }) => rule === "literal-secret").map(({ pointer }) => pointer),
      ["/database/connectionString", "/database/password"],
    );
    assert.deepEqual(
      findings.filter(({ rule }) => rule === "unknown-key").map(({ pointer }) => pointer),
      ["/security/apiToken"],
    );
    assert.ok(!JSON.stringify(findings).includes(secret));
  });

  it("with codes for terminals in names and values is shown without them", () => {
    const text = (texts.get("ssl.json") ?? "").replace(
      '"enabled": true',
      '"\\u001b[2Jen": 1, "enabled": "\\u202e"',
    );
    replace("ssl.json", text);
    replace(".env", (texts.get(".env") ?? "").replace(/^LOG_FORMAT=.*$/m, "LOG_FORMAT='\u001b[31m'"));
    const shown = report(validateFolder(folder, settings), createColors(false));
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    assert.match(shown, /\/ssl\/\\u001b\[2Jen {2}unknown-key/);
  });

  it("with values of .env out of bounds is refused, and secrets among them are not said", () => {
    const text = (texts.get(".env") ?? "")
      .replace(/^JWT_SECRET=.*$/m, "JWT_SECRET=too-short-a-secret")
      .replace(/^DATABASE_PORT=.*$/m, "DATABASE_PORT=65536");
    replace(".env", text);
    const { findings } = validateFolder(folder, settings);
    assert.deepEqual(
      findings.map(({ rule, pointer }) => `${rule} ${pointer}`),
      ["invalid-value DATABASE_PORT", "invalid-value JWT_SECRET"],
    );
    assert.match(
      findings[0]?.problem ?? "",
      /^65536 is not allowed; allowed is a whole number from 1 to 65535/,
    );
    assert.ok(!JSON.stringify(findings).includes("too-short-a-secret"));
  });
});
