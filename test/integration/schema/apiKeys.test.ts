import assert from "node:assert/strict";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database } from "#test/integration/postgres.ts";
import { asker, refused } from "./asker.ts";
import type { Row } from "./asker.ts";

/** Fault 25 of docs/schema.md. */
describe("API keys", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());
  const { as, user } = asker(() => database);
  const hash = "ab".repeat(32);
  const authenticate = (): Promise<Row[]> =>
    as("postgres_1", "SELECT * FROM mcp.authenticate_api_key($1)", [hash]);

  before(async () => {
    await user(
      "INSERT INTO users (username, email, password_hash) VALUES ('keys', 'keys@clients.invalid', '!')",
    );
    await user(
      `INSERT INTO api_keys (key_id, key_prefix, key_hash, name, permissions, created_by)
      SELECT 'keys.1', 'kcp_abcd', $1, 'keys', '{read,server:postgres,server:memory}', id FROM users WHERE username = 'keys'`,
      [hash],
    );
  });

  it("are unique by hash", () =>
    refused(
      user("INSERT INTO api_keys (key_id, key_prefix, key_hash, name) VALUES ('other', 'p', $1, 'n')", [
        hash,
      ]),
      /api_keys_key_hash_key/,
    ));

  it("speak for their account", async () => {
    assert.deepEqual(await authenticate(), [
      { client: "keys", role: "user", servers: ["postgres", "memory"], key_id: "keys.1" },
    ]);
    assert.deepEqual(await as("postgres_1", "SELECT * FROM mcp.authenticate_api_key('unknown')"), []);
  });

  for (const [what, sql, back] of [
    [
      "inactive",
      "UPDATE api_keys SET is_active = false WHERE key_id = 'keys.1'",
      "UPDATE api_keys SET is_active = true WHERE key_id = 'keys.1'",
    ],
    [
      "revoked",
      "UPDATE api_keys SET revoked_at = now() WHERE key_id = 'keys.1'",
      "UPDATE api_keys SET revoked_at = NULL WHERE key_id = 'keys.1'",
    ],
    [
      "expired",
      "UPDATE api_keys SET expires_at = now() WHERE key_id = 'keys.1'",
      "UPDATE api_keys SET expires_at = NULL WHERE key_id = 'keys.1'",
    ],
    [
      "of an inactive account",
      "UPDATE users SET is_active = false WHERE username = 'keys'",
      "UPDATE users SET is_active = true WHERE username = 'keys'",
    ],
  ] as const) {
    it(`${what}: refused at once`, async () => {
      await user(sql);
      assert.deepEqual(await authenticate(), []);
      await user(back);
      assert.equal((await authenticate()).length, 1);
    });
  }

  it("that end later work until then", async () => {
    await user(
      "UPDATE api_keys SET revoked_at = now() + interval '1 hour', expires_at = now() + interval '1 hour' WHERE key_id = 'keys.1'",
    );
    assert.equal((await authenticate()).length, 1);
  });

  it("count their uses by a function, without a right to the table", async () => {
    await as("postgres_1", "SELECT mcp.note_api_key_use('keys.1', 7)");
    assert.deepEqual(
      await user("SELECT usage_count, last_used IS NOT NULL AS used FROM api_keys WHERE key_id = 'keys.1'"),
      [{ usage_count: 7, used: true }],
    );
    await refused(as("postgres_1", "SELECT key_hash FROM api_keys"), /permission denied/);
    await refused(
      as("postgres_reader_1", "SELECT * FROM mcp.authenticate_api_key('x')"),
      /permission denied/,
    );
  });

  it("of a deleted account are refused", async () => {
    await user("DELETE FROM users WHERE username = 'keys'");
    assert.deepEqual(await authenticate(), []);
  });
});
