import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import * as addFormats from "ajv-formats";
import { buildFiles } from "#model/files/build.ts";
import { specificationKeys } from "#model/files/effects/specificationKeys.ts";
import { coerce } from "#model/files/patch.ts";
import { placeAt } from "#model/files/place.ts";
import { fileLeaves } from "#model/files/leaves.ts";
import { fileKeys, fileSchemas, type FileKey } from "#model/files/schema/files.ts";
import { schemaAt } from "#model/files/schema/walk.ts";
import { testFacts } from "#test/fileFacts.ts";

/** Why a value of the specification is refused. */
const refused: Record<string, RegExp> = {
  // A password in a text that is shown, copied and recorded.
  "mcp /mcpServers/postgres/env/DATABASE_URL": /without a password/,
  "postgres /database/connectionString": /without a password/,
  "access /access/authentication/jwt/secret": /a reference such as file:/,
  "logging /logging/elasticsearch/auth/password": /a reference such as file:/,
  // A placeholder.
  "env DATABASE_URL": /postgresql:\/\/user:password@host/,
  "env DATABASE_PASSWORD": /not copied from an example/,
  "env JWT_SECRET": /not copied from an example/,
  "env API_KEY": /not copied from an example/,
  "env ENCRYPTION_KEY": /not copied from an example/,
  // `require` encrypts to whoever answers.
  "env DATABASE_SSL_MODE": /verify-full/,
  // Nothing that the stack can keep.
  "env BACKUP_ENABLED": /no backups are taken yet/,
  "ssl /ssl/enableOCSPStapling": /no OCSP responder/,
  // Two suites without authenticated encryption.
  "ssl /ssl/cipherSuites": /one of TLS_AES_256_GCM_SHA384/,
};

function validatorOf(file: FileKey): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  (addFormats.default as unknown as typeof addFormats.default.default)(ajv);
  const text = readFileSync(new URL(`../../schemas/${file}.schema.json`, import.meta.url), "utf8");
  return ajv.compile(JSON.parse(text) as object);
}

describe("the schemas of the files", () => {
  const keys = specificationKeys().filter(({ file }) => file !== "postgresql.conf") as {
    file: FileKey;
    key: string;
    value: string;
  }[];

  it("know each of the specification's 350 keys", () => {
    const missing = keys.filter(({ file, key }) => !schemaAt(fileSchemas[file], placeAt(file, key).parts));
    assert.deepEqual(missing, []);
    assert.equal(keys.length, 350);
  });

  it("accept the specification's values, but for those refused with a reason", () => {
    const found = new Set<string>();
    for (const { file, key, value } of keys) {
      const schema = schemaAt(fileSchemas[file], placeAt(file, key).parts)!;
      const result = schema.safeParse(file === "env" ? coerce(schema, value) : JSON.parse(value));
      if (result.success) continue;
      const name = `${file} ${key}`;
      found.add(name);
      assert.match(result.error.issues[0]!.message, refused[name] ?? /^accepted$/, name);
    }
    assert.deepEqual([...found].sort(), Object.keys(refused).sort());
  });

  it("say of each key what it means and what is allowed, in one line", () => {
    for (const { place, meta } of fileKeys.flatMap((file) => fileLeaves(file))) {
      const name = `${place.file} ${place.parts.join("/")}`;
      assert.match(meta.description, /^[^\n]{3,140}\.$/, name);
      assert.ok(meta.allowed !== undefined && meta.allowed.length > 3, name);
    }
  });

  it("have a unit for each number", () => {
    const bare = fileKeys.flatMap((file) =>
      fileLeaves(file).filter(({ schema, meta, parts }) => {
        const isNumber = [1, 30, 60, 100, 3600].some((number) => schema.safeParse(number).success);
        const isPort = /port$/i.test(parts.at(-1)!);
        return isNumber && meta.unit === undefined && !isPort && !(meta.allowed ?? "").startsWith("a size");
      }),
    );
    assert.deepEqual(
      bare.map(({ parts }) => parts.join("/")),
      [],
    );
  });

  for (const file of fileKeys) {
    it(`${file}: JSON Schema 2020-12 for strict validators, which agrees with what the program checks`, () => {
      const validate = validatorOf(file);
      const values = buildFiles(testFacts())[file];
      assert.ok(validate(values), JSON.stringify(validate.errors));
      for (const { parts } of fileLeaves(file)) {
        for (const wrong of [null, { no: 1 }, -1, "", [[]]]) {
          const mutated = structuredClone(values) as object;
          if (!replace(mutated, parts, wrong)) continue;
          const accepted = fileSchemas[file].safeParse(mutated).success;
          assert.equal(validate(mutated), accepted, `${parts.join("/")} ${JSON.stringify(wrong)}`);
          if (wrong === null) assert.equal(accepted, false, parts.join("/"));
        }
        const misspelt = structuredClone(values) as object;
        if (!replace(misspelt, [...parts.slice(0, -1), `${parts.at(-1)!}x`], 1)) continue;
        assert.equal(validate(misspelt), false, parts.join("/"));
        assert.equal(fileSchemas[file].safeParse(misspelt).success, false, parts.join("/"));
      }
    });
  }
});

/** False if there is no such place. */
function replace(target: object, parts: readonly string[], value: unknown): boolean {
  let parent = target as Record<string, unknown>;
  for (const part of parts.slice(0, -1)) {
    if (typeof parent[part] !== "object" || parent[part] === null) return false;
    parent = parent[part] as Record<string, unknown>;
  }
  parent[parts.at(-1)!] = value;
  return true;
}
