import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database, Login } from "#test/integration/postgres.ts";

type Row = Record<string, unknown>;

/** The numbers are those of docs/schema.md, which lists what was wrong. */
describe("faults of the specification's schema, mended", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());

  const as = async (login: Login | "superuser", sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await database.run(login, (client) => client.query<Row>(sql, values))).rows;
  const user = (sql: string, values: unknown[] = []): Promise<Row[]> => as("app_user_1", sql, values);

  /** As the owner: what is refused here is refused by the schema and not by a missing grant. */
  const asOwner = (sql: string): Promise<Row[]> =>
    database.run("mcp_migrator", async (client) => {
      await client.query("SET ROLE mcp_owner");
      return (await client.query<Row>(sql)).rows;
    });

  async function refused(work: Promise<unknown>, pattern: RegExp): Promise<void> {
    await assert.rejects(work, (error) => error instanceof Fault && pattern.test(error.problem));
  }

  it("1: the vector extension is there, new enough for iterative scans", async () => {
    const [row] = await as(
      "superuser",
      "SELECT string_to_array(extversion, '.')::int[] >= '{0,8}' AS enough FROM pg_extension WHERE extname = 'vector'",
    );
    assert.equal(row!["enough"], true);
  });

  describe("2, 3: configuration files", () => {
    const write = (path: string, content: string): Promise<Row[]> =>
      user(
        `INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum)
         VALUES ($1, 'f', 'json', $2, md5($2)) ON CONFLICT (file_path) DO UPDATE
         SET content = EXCLUDED.content, checksum = EXCLUDED.checksum RETURNING version, is_active`,
        [path, content],
      );
    const history = (path: string): Promise<Row[]> =>
      user(
        "SELECT version, change, content FROM configuration_file_versions WHERE file_path = $1 ORDER BY id",
        [path],
      );

    it("an UPDATE leaves the file active and counts the version", async () => {
      await write("/a", "one");
      assert.deepEqual(await write("/a", "two"), [{ version: 2, is_active: true }]);
      assert.deepEqual(
        await user(
          "UPDATE configuration_files SET content = 'three' WHERE file_path = '/a' RETURNING version",
        ),
        [{ version: 3 }],
      );
      assert.deepEqual(
        await user(
          "UPDATE configuration_files SET file_name = file_name WHERE file_path = '/a' RETURNING version",
        ),
        [{ version: 3 }],
      );
    });

    it("older versions can be read, and changed by nobody", async () => {
      assert.deepEqual(
        (await history("/a")).map(({ version, content }) => [version, content]),
        [
          [1, "one"],
          [2, "two"],
          [3, "three"],
        ],
      );
      await refused(
        asOwner("UPDATE configuration_file_versions SET content = 'x'"),
        /are a record: UPDATE is refused/,
      );
      await refused(asOwner("DELETE FROM configuration_file_versions"), /are a record: DELETE is refused/);
      await refused(asOwner("TRUNCATE configuration_file_versions"), /are a record: TRUNCATE is refused/);
    });

    it("a version cannot go back", async () => {
      await refused(
        user("UPDATE configuration_files SET version = 1 WHERE file_path = '/a'"),
        /cannot go back from 3 to 1/,
      );
    });

    it("DELETE is soft, counts its row and keeps the id; the path is free again and goes on counting", async () => {
      const [before] = await user("SELECT id FROM configuration_files WHERE file_path = '/a'");
      const deleted = await database.run("app_user_1", (client) =>
        client.query("DELETE FROM configuration_files WHERE file_path = '/a'"),
      );
      assert.equal(deleted.rowCount, 1);
      const [after] = await user(
        "SELECT id, is_active, deleted_at IS NOT NULL AS deleted, content FROM configuration_files WHERE file_path = '/a'",
      );
      assert.deepEqual(after, { ...before, is_active: false, deleted: true, content: "three" });
      await user(
        "INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum) VALUES ('/a', 'f', 'json', 'four', 'c')",
      );
      assert.deepEqual(
        await user("SELECT version, is_active FROM configuration_files WHERE file_path = '/a'"),
        [{ version: 4, is_active: true }],
      );
      assert.deepEqual(
        (await history("/a")).map(({ version, change }) => `${String(version)} ${String(change)}`),
        ["1 written", "2 written", "3 written", "3 deleted", "4 written"],
      );
    });

    it("a deleted file can be brought back, deleted again, and removed for good", async () => {
      await user("DELETE FROM configuration_files WHERE file_path = '/a'");
      await user("UPDATE configuration_files SET is_active = true WHERE file_path = '/a'");
      assert.deepEqual(await user("SELECT deleted_at FROM configuration_files WHERE file_path = '/a'"), [
        { deleted_at: null },
      ]);
      await user("DELETE FROM configuration_files WHERE file_path = '/a'");
      await user("DELETE FROM configuration_files WHERE file_path = '/a'");
      assert.deepEqual(await user("SELECT id FROM configuration_files WHERE file_path = '/a'"), []);
      assert.equal((await history("/a")).length, 7);
    });

    it("all at once: one DELETE without condition", async () => {
      await write("/b", "b");
      await write("/c", "c");
      await user("DELETE FROM configuration_files");
      assert.deepEqual(await user("SELECT file_path, is_active FROM configuration_files ORDER BY 1"), [
        { file_path: "/b", is_active: false },
        { file_path: "/c", is_active: false },
      ]);
    });
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
    assert.ok(Number(rows[0]!["all"]) < 40, String(rows[0]!["all"]));
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
         AND table_name NOT IN ('user_activity') AND table_name !~ '_(p\\d{8}|default)$'`,
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

  describe("15, 16: audit rows", () => {
    it("keep the actor when the account goes", async () => {
      const [row] = await user(
        "INSERT INTO users (username, email, password_hash, role) VALUES ('actor', 'actor@example.com', 'x', 'admin') RETURNING id",
      );
      await user(
        "INSERT INTO audit_logs (action, resource_type, user_id, status) VALUES ('gone', 'r', $1, 'success')",
        [row!["id"]],
      );
      await user("DELETE FROM users WHERE id = $1", [row!["id"]]);
      assert.deepEqual(
        await user("SELECT user_id, actor, actor_role, recorded_by FROM audit_logs WHERE action = 'gone'"),
        [{ user_id: row!["id"], actor: "actor", actor_role: "admin", recorded_by: "app_user_1" }],
      );
    });

    it("of an account that does not exist are refused", () =>
      refused(
        user(
          "INSERT INTO audit_logs (action, resource_type, user_id, status) VALUES ('a', 'r', 424242, 'success')",
        ),
        /there is no user 424242.*23503/,
      ));

    it("cannot be changed or deleted, by the owner either, in a partition neither", async () => {
      await refused(
        asOwner("UPDATE audit_logs SET status = 'success'"),
        /rows of audit_logs_\w+ are a record: UPDATE is refused/,
      );
      await refused(asOwner("DELETE FROM audit_logs"), /are a record: DELETE is refused/);
      await refused(asOwner("TRUNCATE audit_logs"), /rows of audit_logs are a record: TRUNCATE is refused/);
      const [home] = await asOwner("SELECT tableoid::regclass::text AS home FROM audit_logs LIMIT 1");
      await refused(asOwner(`DELETE FROM ${String(home!["home"])}`), /are a record: DELETE is refused/);
      await refused(
        user("UPDATE audit_logs SET status = 'success'"),
        /permission denied for table audit_logs/,
      );
      await refused(
        user("SELECT set_config('kilocode.retention', 'on', false); DELETE FROM audit_logs"),
        /permission denied for table audit_logs/,
      );
    });

    it("hold no secret", async () => {
      const request = {
        user: "u",
        password: "hunter2",
        nested: [{ access_token: "t", max_tokens: 5 }],
        headers: { Authorization: "Bearer x" },
      };
      await user(
        "INSERT INTO audit_logs (action, resource_type, status, request_data) VALUES ('secret', 'r', 'success', $1)",
        [JSON.stringify(request)],
      );
      const [row] = await user("SELECT request_data FROM audit_logs WHERE action = 'secret'");
      const hidden = "[redacted]";
      assert.deepEqual(row!["request_data"], {
        user: "u",
        password: hidden,
        nested: [{ access_token: hidden, max_tokens: 5 }],
        headers: { Authorization: hidden },
      });
    });

    it("sent twice are kept once, and stamped with login and clock", async () => {
      await user(
        "INSERT INTO users (username, email, password_hash, role) VALUES ('client', 'client@clients.invalid', '!', 'user')",
      );
      const send = (event: string, at: string | null): Promise<Row[]> =>
        as(
          "postgres_1",
          "SELECT mcp.record_audit('execute_query', 'tool', NULL, 'client', 'success', 'postgres', event_id => $1, occurred_at => $2, duration_ms => 3) AS id",
          [event, at],
        );
      const event = randomUUID();
      const at = new Date(Date.now() - 60_000).toISOString();
      const [first] = await send(event, at);
      const [second] = await send(event, at);
      assert.notEqual(first!["id"], null);
      assert.equal(second!["id"], null);
      assert.deepEqual(
        await user(
          "SELECT actor, actor_role, server_name, recorded_by, created_at, recorded_at > created_at AS later FROM audit_logs WHERE event_id = $1",
          [event],
        ),
        [
          {
            actor: "client",
            actor_role: "user",
            server_name: "postgres",
            recorded_by: "postgres_1",
            created_at: new Date(at),
            later: true,
          },
        ],
      );
      await refused(send(randomUUID(), new Date(Date.now() + 3_600_000).toISOString()), /lies ahead/);
      await refused(
        as(
          "postgres_1",
          "INSERT INTO audit_logs (action, resource_type, status) VALUES ('a', 'r', 'success')",
        ),
        /permission denied/,
      );
    });
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

  describe("25: API keys", () => {
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
});
