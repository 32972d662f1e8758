import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { committedFile } from "#test/unit/committedFile.ts";

const root = new URL("../..", import.meta.url);

describe("What is generated from code", () => {
  it("is up to date", async () => {
    const script = fileURLToPath(new URL("scripts/generate.ts", root));
    await promisify(execFile)(process.execPath, [script, "--check"]);
  });

  it("is a schema that the committed stack files fit, and a misspelt key does not", () => {
    const schema = JSON.parse(readFileSync(new URL("schemas/stack.schema.json", root), "utf8")) as object;
    const fits = new Ajv({ strict: false }).compile(schema);
    for (const stack of ["dev", "prod"]) {
      const text = committedFile(`Pulumi.${stack}.yaml`);
      assert.match(text, /^# yaml-language-server: \$schema=\.\/schemas\/stack\.schema\.json\n/);
      assert.ok(fits(parse(text)), JSON.stringify(fits.errors));
    }
    assert.ok(!fits({ config: { "kilocode-mcp:postgres": { memry: "1GB" } } }));
    assert.ok(!fits({ config: { "kilocode-mcp:postgress": {} } }));
    assert.ok(!fits({ config: { "kilocode-mcp:secrets": { smtp: "in clear" } } }));
    assert.ok(fits({ config: { "kilocode-mcp:secrets": { smtp: { secure: "v1:…" } }, "docker:host": "x" } }));
  });
});
