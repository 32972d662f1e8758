import assert from "node:assert/strict";
import type { Client } from "pg";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database } from "#test/integration/postgres.ts";
import { asker, refused } from "./asker.ts";
import type { Row } from "./asker.ts";

/** The numbers are those of docs/schema.md, which lists what was wrong; others have files of their own. */
describe("faults of the specification's schema, mended", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());
  const { as, user } = asker(() => database);
  it("1: the vector extension is there, new enough for iterative scans", async () => {
    const [row] = await as(
      "superuser",
      "SELECT string_to_array(extversion, '.')::int[] >= '{0,8}' AS enough FROM pg_extension WHERE extname = 'vector'",
    );
    assert.equal(row!["enough"], true);
  });

  it("4: updated_at moves with a change, and only with one", async () => {
    await user(
      "INSERT INTO users (username, email, password_hash, updated_at) VALUES ('four', 'four@example.com', 'x', '2020-01-01')",
    );
    const stamp = async (): Promise<unknown> =>
      (
        await user("SELECT extract(year FROM updated_at)::int AS year FROM users WHERE username = 'four'")
      )[0]!["year"];
    await user("UPDATE users SET role = 'user' WHERE username = 'four'");
    assert.equal(await stamp(), 2020);
    await user("UPDATE users SET role = 'admin' WHERE username = 'four'");
    assert.notEqual(await stamp(), 2020);
  });

  it("5, 6: no index says what another one says, and there are fewer", async () => {
    const rows = await as(
      "superuser",
      `SELECT count(DISTINCT (indrelid, indkey::text, indexprs::text, indpred::text, indclass::text)) AS different, count(*) AS all
       FROM pg_index JOIN pg_class c ON c.oid = indrelid
       WHERE c.relnamespace = 'mcp'::regnamespace AND NOT c.relispartition AND c.relname = ANY (
         '{users,compliance_logs,memory_items,configuration_files,audit_logs,system_metrics,api_keys,server_status}')`,
    );
    assert.equal(rows[0]!["different"], rows[0]!["all"]);
    assert.ok(Number(rows[0]!["all"]) < 50, String(rows[0]!["all"]));
  });

  it("7: counting an access or a use touches no index", async () => {
    await user(
      "INSERT INTO memory_items (memory_id, content, tags, embedding) SELECT 'hot', 'c', '{a}', array_agg(0.1)::vector FROM generate_series(1, 1536)",
    );
    await user("INSERT INTO api_keys (key_id, key_prefix, key_hash, name) VALUES ('hot', 'p', 'hot', 'n')");
    await user(
      "INSERT INTO server_status (server_name, server_type, status) VALUES ('hot', 'mcp', 'running')",
    );
    const updates = {
      memory_items:
        "UPDATE memory_items SET access_count = access_count + 1, last_accessed = now() WHERE memory_id = 'hot'",
      api_keys: "UPDATE api_keys SET usage_count = usage_count + 1, last_used = now() WHERE key_id = 'hot'",
      server_status:
        "UPDATE server_status SET last_heartbeat = now(), cpu_usage = 2 WHERE server_name = 'hot'",
    };
    for (const [table, sql] of Object.entries(updates)) {
      const row = await database.run("app_user_1", (client) => inOneTransaction(client, sql, table));
      assert.deepEqual(row, { updated: "5", hot: "5" }, table);
    }
  });

  async function inOneTransaction(client: Client, sql: string, table: string): Promise<Row | undefined> {
    await client.query("BEGIN");
    for (let n = 0; n < 5; n += 1) await client.query(sql);
    const { rows } = await client.query<Row>(
      "SELECT n_tup_upd AS updated, n_tup_hot_upd AS hot FROM pg_stat_xact_user_tables WHERE relname = $1",
      [table],
    );
    await client.query("COMMIT");
    return rows[0];
  }

  it("8: each foreign key has an index that begins with it", async () => {
    const rows = await as(
      "superuser",
      `SELECT conrelid::regclass::text, conname FROM pg_constraint
       WHERE contype = 'f' AND connamespace = 'mcp'::regnamespace AND NOT EXISTS (
         SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])`,
    );
    assert.deepEqual(rows, []);
  });

  it("9: 64-bit identity keys that take explicit ids, text with a checked length, no column of varchar or serial", async () => {
    const rows = await as(
      "superuser",
      `SELECT table_name, column_name, data_type FROM information_schema.columns
       WHERE table_schema = 'mcp' AND (data_type = 'character varying' OR column_default LIKE 'nextval%'
         OR column_name = 'id' AND (data_type <> 'bigint' OR is_identity = 'NO'))
         AND table_name NOT IN ('user_activity') AND table_name !~ '_(p\\d{8}|default)$'
         -- Random, as the specification's tables know nothing of it: it must not be guessed.
         AND table_name <> 'token_families'`,
    );
    assert.deepEqual(rows, []);
    await refused(
      user(
        "INSERT INTO users (username, email, password_hash) VALUES (repeat('x', 51), 'long@example.com', 'x')",
      ),
      /users_username_check.*23514/,
    );
  });

  it("9: every column of time that is always known is NOT NULL", async () => {
    const rows = await as(
      "superuser",
      `SELECT table_name || '.' || column_name AS at FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE table_schema = 'mcp' AND table_type = 'BASE TABLE' AND is_nullable = 'YES'
         AND column_name IN ('created_at', 'updated_at', 'timestamp', 'last_heartbeat')`,
    );
    assert.deepEqual(rows, []);
  });

  it("10: roles and states are those that the views count", async () => {
    await refused(
      user(
        "INSERT INTO users (username, email, password_hash, role) VALUES ('x', 'x@example.com', 'x', 'root')",
      ),
      /users_role_check/,
    );
    await refused(
      user("INSERT INTO audit_logs (action, resource_type, status) VALUES ('a', 'r', 'failure')"),
      /audit_logs_status_check/,
    );
  });

  it("11: an address is one account however it is written", async () => {
    await user(
      "INSERT INTO users (username, email, password_hash) VALUES ('eleven', 'Eleven@example.com', 'x')",
    );
    await refused(
      user("INSERT INTO users (username, email, password_hash) VALUES ('twelve', 'ELEVEN@example.com', 'x')"),
      /idx_users_email/,
    );
  });

  it("13: an item says what made its embedding, and of what dimension it is", async () => {
    await user(
      "INSERT INTO memory_items (memory_id, content, embedding, embedding_model) SELECT 'model', 'c', array_agg(0.1)::vector, 'text-embedding-ada-002' FROM generate_series(1, 1536)",
    );
    assert.deepEqual(
      await user("SELECT embedding_model, embedding_dimension FROM memory_items WHERE memory_id = 'model'"),
      [{ embedding_model: "text-embedding-ada-002", embedding_dimension: 1536 }],
    );
    await refused(
      user("INSERT INTO memory_items (memory_id, content, embedding) VALUES ('short', 'c', '[1,2]')"),
      /expected 1536 dimensions, not 2/,
    );
  });

  it("17: an approval has a name and a time, and refers to the account", async () => {
    const add = (check: string, rest: string): Promise<Row[]> =>
      user(`INSERT INTO compliance_logs (check_id, rule_id, rule_name, server_name, status, approved_by, approved_at)
            VALUES ('${check}', 'r17', 'n', 's17', 'failed', ${rest}) RETURNING approved_at IS NOT NULL AS timed, approver_id IS NOT NULL AS known`);
    assert.deepEqual(await add("a", "'eleven', NULL"), [{ timed: true, known: true }]);
    assert.deepEqual(await add("b", "'nobody', now()"), [{ timed: true, known: false }]);
    await refused(add("c", "NULL, now()"), /compliance_logs_approval/);
  });

  it("18: one current row per server, and its history", async () => {
    for (const status of ["running", "error"]) {
      await user(
        "INSERT INTO server_status (server_name, server_type, status) VALUES ('eighteen', 'mcp', $1)",
        [status],
      );
    }
    const beat = (health: number): Promise<Row[]> =>
      as("postgres_1", "SELECT mcp.record_heartbeat('eighteen', 'mcp', 'running', $1, 0.5)", [health]);
    await beat(90);
    await beat(90);
    await beat(80);
    assert.deepEqual(
      await user(
        "SELECT status, health_score, reported_by FROM server_status WHERE server_name = 'eighteen'",
      ),
      [{ status: "running", health_score: 80, reported_by: "postgres_1" }],
    );
    assert.deepEqual(
      (
        await user(
          "SELECT status, health_score FROM server_status_history WHERE server_name = 'eighteen' ORDER BY id",
        )
      ).map((row) => Object.values(row)),
      [
        ["running", null],
        ["error", null],
        ["running", 90],
        ["running", 80],
      ],
    );
  });

  it("18: servers that report at the same time do not fail", async () => {
    await Promise.all(
      Array.from({ length: 6 }, () =>
        user(
          "INSERT INTO server_status (server_name, server_type, status) VALUES ('busy', 'mcp', 'running')",
        ),
      ),
    );
    assert.equal((await user("SELECT FROM server_status WHERE server_name = 'busy'")).length, 1);
  });

  it("19: the summary counts the latest result of each rule, the statistics items that never expire", async () => {
    await user(`INSERT INTO compliance_logs (check_id, rule_id, rule_name, server_name, status, created_at) VALUES
      ('1', 'r1', 'n', 's19', 'failed', now() - interval '1 day'), ('2', 'r1', 'n', 's19', 'passed', now()), ('3', 'r2', 'n', 's19', 'failed', now())`);
    assert.deepEqual(
      await user(
        "SELECT total_checks, passed_checks, failed_checks, compliance_score FROM compliance_summary WHERE server_name = 's19'",
      ),
      [{ total_checks: "2", passed_checks: "1", failed_checks: "1", compliance_score: "50.00" }],
    );
    const [statistics] = await user(
      "SELECT total_items = active_items + expired_items AS complete FROM memory_statistics",
    );
    assert.equal(statistics!["complete"], true);
  });

  it("20: views read with the rights of who asks", async () => {
    const rows = await as(
      "superuser",
      "SELECT relname FROM pg_class WHERE relnamespace = 'mcp'::regnamespace AND relkind = 'v' AND NOT 'security_invoker=true' = ANY (coalesce(reloptions, '{}'))",
    );
    assert.deepEqual(rows, []);
  });

  it("24: every function pins its search_path, and PUBLIC may call none", async () => {
    const rows = await as(
      "superuser",
      `SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'mcp'::regnamespace AND (
         NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=mcp, %')
         OR EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0))`,
    );
    assert.deepEqual(rows, []);
    assert.deepEqual(
      await as("superuser", "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
      [],
    );
  });
});
