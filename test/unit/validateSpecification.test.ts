import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileKeys, fileName } from "#model/files/schema/files.ts";
import { validateTexts } from "#model/files/validateTexts.ts";
import { testDeployment } from "#test/fileDeployment.ts";
import { testFacts } from "#test/fileFacts.ts";

const folder = new URL("../fixtures/validate/specification/", import.meta.url);

/** What is wrong with the example files of specification.md, word for word as it prints them. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  "mcp.json": [
    "/mcpServers/filesystem/args/1 pinned-programs",
    "/mcpServers/postgres/args/1 pinned-programs",
    "/mcpServers/postgres/env/DATABASE_URL literal-secret",
  ],
  ".env": [
    "KILOCODE_PROJECT_NAME dotenv-syntax",
    "DATABASE_URL placeholder",
    "DATABASE_HOST database-address",
    "DATABASE_PASSWORD placeholder",
    "DATABASE_POOL_TIMEOUT same-fact",
    "DATABASE_SSL_MODE invalid-value",
    "MCP_MEMORY_MAX_SIZE same-fact",
    "JWT_SECRET placeholder",
    "API_KEY placeholder",
    "ENCRYPTION_KEY placeholder",
    "MONITORING_PORT same-fact",
    "BACKUP_ENABLED invalid-value",
    "BACKUP_SCHEDULE dotenv-syntax",
    "SECURITY_RATE_LIMIT_WINDOW same-fact",
  ],
  "filesystem.json": [
    "/database/connectionString missing-key",
    "/server/host listen-address",
    "/filesystem/allowedPaths/2 paths",
    "/security/allowedHosts missing-key",
    "/security/allowedUsers/0 allowed-users",
  ],
  "postgres.json": [
    "/server/host listen-address",
    "/database/reader/user missing-key",
    "/database/writer/user missing-key",
    "/database/connectionString literal-secret",
    "/security/allowedHosts missing-key",
    "/security/allowedUsers/0 allowed-users",
  ],
  "memory.json": [
    "/server/host listen-address",
    "/database/connectionString missing-key",
    "/database/pool/max missing-key",
    "/database/maxSize same-fact",
    "/memory/embeddingDimension missing-key",
    "/security/allowedHosts missing-key",
    "/security/allowedUsers/0 allowed-users",
  ],
  "compliance.json": [
    "/database/connectionString missing-key",
    "/database/fixer/user missing-key",
    "/server/host listen-address",
    "/compliance/notificationChannels/0 secrets-supplied",
    "/compliance/notificationChannels/1 secrets-supplied",
    "/security/allowedHosts missing-key",
    "/security/allowedUsers/0 allowed-users",
    "/security/auditRetention retention",
  ],
  "ssl.json": [
    "/ssl/cipherSuites/2 invalid-value",
    "/ssl/cipherSuites/3 invalid-value",
    "/ssl/enableOCSPStapling invalid-value",
  ],
  "access.json": ["/access/authentication/jwt/secret literal-secret"],
  "metrics.json": [],
  "logging.json": ["/logging/elasticsearch/auth/password literal-secret"],
};

describe("the example files of the specification", () => {
  const names = readdirSync(folder);
  const texts = new Map(names.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]));
  const found = validateTexts({ texts, facts: testFacts(), deployment: testDeployment() });

  it("are all ten", () => {
    assert.deepEqual(names.toSorted(), fileKeys.map(fileName).toSorted());
  });

  for (const [name, expected] of Object.entries(reasons)) {
    it(`${name} is ${expected.length === 0 ? "right by itself" : "refused for the right reasons"}`, () => {
      const own = found.filter(({ file }) => file === name);
      assert.deepEqual(
        own.map(({ pointer, rule }) => `${pointer} ${rule}`),
        expected,
      );
    });
  }

  it("are refused without a word of their secrets", () => {
    const said = JSON.stringify(found);
    for (const secret of ["secure_password", "your_jwt_secret", "your_api_key", "your_encryption_key"]) {
      assert.ok(!said.includes(secret), secret);
    }
  });

  it("are refused with the line of each fault", () => {
    const line = (text: string, pointer: string) => {
      const lines = (texts.get(text) ?? "").split("\n");
      return lines[(found.find((each) => each.file === text && each.pointer === pointer)?.line ?? 0) - 1];
    };
    assert.match(line(".env", "BACKUP_SCHEDULE") ?? "", /^BACKUP_SCHEDULE=/);
    assert.match(line("ssl.json", "/ssl/cipherSuites/3") ?? "", /AES_128_CBC_SHA/);
    assert.match(line("compliance.json", "/security/auditRetention") ?? "", /"auditRetention": 365/);
  });
});
