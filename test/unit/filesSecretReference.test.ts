import assert from "node:assert/strict";
import * as fc from "fast-check";
import { quoteDotenv } from "#model/files/quoteDotenv.ts";
import { fillSecrets, secretMark, secretsIn } from "#model/files/secretReference.ts";

describe("marks of secrets in .env", () => {
  const text = `URL=postgresql://u:${secretMark("db", "url")}@h/d\nPASSWORD=${secretMark("db")}\nKEY=${secretMark("api-key")}\n`;

  it("name what is needed, each once", () => {
    assert.deepEqual(secretsIn(text), ["db", "api-key"]);
    assert.deepEqual(secretsIn("A=${HOME} ${secret:} ${secret:UPPER} $secret:x"), []);
  });

  it("are replaced as the syntax around them wants", () => {
    const filled = fillSecrets(text, { db: "a b'=%", "api-key": "plain" }, quoteDotenv);
    assert.equal(filled, `URL=postgresql://u:a%20b%27%3D%25@h/d\nPASSWORD="a b'=%"\nKEY=plain\n`);
  });

  it("are not looked for in a secret that was put in", () => {
    const secrets = { db: "x", "api-key": "$& $1 ${secretx}" };
    assert.match(fillSecrets(text, secrets, quoteDotenv), /^KEY='\$& \$1 \$\{secretx\}'$/m);
  });

  for (const [name, secrets, message] of [
    ["is missing", { db: "x" }, /^the secret api-key is missing$/],
    ["is empty", { db: "", "api-key": "x" }, /^the secret db is missing$/],
    [
      "cannot be written",
      { db: "canary\n", "api-key": "x" },
      /^the secret db cannot be written: a line break/,
    ],
    ["is a mark", { db: "${secret:db}", "api-key": "x" }, /^the secret db cannot be written/],
    ["is inherited by every object", { "api-key": "x" }, /^the secret db is missing$/],
  ] as const) {
    it(`are an error that names the secret, and not its value, when it ${name}`, () => {
      assert.throws(
        () => fillSecrets(text, secrets, quoteDotenv),
        (error: Error) => message.test(error.message) && !error.message.includes("canary"),
      );
    });
  }

  it("give the URL back the password, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (password) => {
        const filled = fillSecrets(
          `postgresql://u:${secretMark("db", "url")}@h:5432/d`,
          { db: password },
          quoteDotenv,
        );
        assert.match(filled, /^[A-Za-z0-9:/@._~%-]+$/);
        assert.equal(decodeURIComponent(new URL(filled).password), password);
      }),
    );
  });
});
