import assert from "node:assert/strict";
import type { Client } from "pg";
import { systemFunctions } from "#model/access/system.ts";
import { roles } from "#model/names.ts";
import { apply, changes, observe } from "#providers/baseline/runner.ts";
import { errorCode, withSession } from "#providers/database/connect.ts";
import { reviewedFunctions } from "./reviewedFunctions.ts";
import { setStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("what only the superuser can do inside the database", function () {
  this.timeout(180_000);
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });
  after(() => stage.stop());

  const asReader = <T>(work: (client: Client) => Promise<T>, database?: string) =>
    withSession(stage.login("postgres_reader_1", database), work);

  /** Statements with effects that a read-only transaction lets through; none needs a table. */
  const effects = [
    "SELECT set_config('statement_timeout', '0', false)",
    "UPDATE pg_settings SET setting = '0' WHERE name = 'statement_timeout'",
    "SELECT setseed(0.5)",
    "SELECT pg_notify('channel', 'text')",
    "SELECT pg_logical_emit_message(false, 'prefix', repeat('x', 1000000))",
    "SELECT pg_current_xact_id()",
    "SELECT query FROM pg_stat_activity",
    "SELECT pg_stat_get_backend_activity(1)",
    "SELECT pg_cancel_backend(0)",
    "SELECT pg_terminate_backend(0)",
    "SELECT pg_export_snapshot()",
    "SELECT pg_advisory_lock(7309940612)",
    "SELECT pg_try_advisory_lock(7241865325823964)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "DO $$ BEGIN PERFORM 1; END $$",
  ];

  async function allowed(client: Client): Promise<string[]> {
    const done: string[] = [];
    for (const sql of effects) {
      await client.query("BEGIN READ ONLY");
      const code = await errorOf(client.query(sql));
      if (code === undefined) done.push(sql);
      else assert.ok(["42501", "25006"].includes(code), `${sql}: ${code}`);
      await client.query("ROLLBACK");
    }
    return done;
  }

  it("has something to take away: without it a read-only reader has effects (control)", async () => {
    const done = await asReader(allowed, "postgres");
    assert.ok(done.length >= 5, done.join("\n"));
  });

  it("refuses a database in which somebody else's schema is, and leaves it as it was", async () => {
    await stage.asSuperuser((client) => client.query("CREATE SCHEMA mcp"));
    await assert.rejects(apply(stage.baseline()), /FOREIGN_OBJECT.*no stack instance/s);
    const rows = await stage.asSuperuser(async (client) => {
      const found = await client.query(
        "SELECT nspname FROM pg_namespace WHERE nspname IN ('extensions', 'kilocode')",
      );
      await client.query("DROP SCHEMA mcp");
      return found.rows;
    });
    assert.deepEqual(rows, []);
  });

  it("brings everything about, and a second time changes nothing", async () => {
    await apply(stage.baseline());
    const first = await stage.asSuperuser(catalogHash);
    await apply(stage.baseline());
    assert.equal(await stage.asSuperuser(catalogHash), first);
    const observed = await observe(stage.baseline());
    assert.deepEqual(observed, stage.baseline());
    assert.deepEqual(changes(stage.baseline(), observed), { changes: false });
  });

  it("leaves a reader no effect in a read-only transaction", async () => {
    assert.deepEqual(await asReader(allowed), []);
  });

  it("closes every overload of every function, also where it is not in use here", async () => {
    const names = systemFunctions.flatMap((group) => group.names);
    const open = await stage.asSuperuser((client) =>
      client.query(
        `SELECT p.oid::regprocedure::text AS function, r.rolname AS role FROM pg_proc p, pg_roles r
          WHERE p.proname = ANY ($1) AND p.pronamespace = 'pg_catalog'::regnamespace
            AND r.rolname IN ('${roles.reader}', '${roles.service}', 'postgres_1', 'postgres_reader_1')
            AND has_function_privilege(r.oid, p.oid, 'EXECUTE')`,
        [names],
      ),
    );
    assert.deepEqual(open.rows, []);
  });

  it("leaves PUBLIC no volatile function that nobody has reviewed", async () => {
    const { rows } = await stage.asSuperuser((client) =>
      client.query<{ name: string }>(
        `SELECT DISTINCT p.proname AS name FROM pg_proc p
          WHERE p.provolatile = 'v' AND p.prokind IN ('f', 'p') AND has_function_privilege('public', p.oid, 'EXECUTE')
            AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
          ORDER BY 1`,
      ),
    );
    const reviewed = new Set<string>(Object.values(reviewedFunctions).flat());
    const unknown = rows.map(({ name }) => name).filter((name) => !reviewed.has(name));
    assert.deepEqual(unknown, [], "decide each: revoke it in model/access/system.ts, or list it as reviewed");
  });

  it("leaves those that check for themselves to refuse a reader", async () => {
    const calls = [
      "pg_import_system_collations('public')",
      "pg_nextoid('pg_class', 'oid', 'pg_class_oid_index')",
      "pg_stop_making_pinned_objects()",
      "pg_create_physical_replication_slot('s')",
      "pg_create_logical_replication_slot('s', 'test_decoding')",
      "pg_drop_replication_slot('s')",
      "pg_copy_physical_replication_slot('s', 't')",
      "pg_copy_logical_replication_slot('s', 't')",
      "pg_replication_slot_advance('s', '0/1')",
      "pg_logical_slot_get_changes('s', NULL, NULL)",
      "pg_logical_slot_get_binary_changes('s', NULL, NULL)",
      "pg_logical_slot_peek_changes('s', NULL, NULL)",
      "pg_logical_slot_peek_binary_changes('s', NULL, NULL)",
      "pg_sync_replication_slots()",
      "brin_summarize_new_values('pg_class')",
      "brin_desummarize_range('pg_class', 1)",
      "gin_clean_pending_list('pg_class')",
      "pg_extension_config_dump('pg_class', '')",
      "binary_upgrade_set_next_pg_authid_oid(1)",
      "query_to_xml('DELETE FROM pg_class', true, true, '')",
      "ts_stat('DELETE FROM pg_class')",
      "pg_read_file('PG_VERSION')",
      "pg_ls_dir('.')",
      "pg_log_backend_memory_contexts(1)",
      "pg_reload_conf()",
      "pg_switch_wal()",
      "pg_stat_reset()",
    ];
    await asReader(async (client) => {
      for (const call of calls) {
        await client.query("BEGIN READ ONLY");
        const code = await errorOf(client.query(`SELECT ${call}`));
        // Neither undefined_function nor syntax_error: the call was one.
        assert.ok(
          code !== undefined && code !== "42883" && code !== "42601",
          `${call}: ${code ?? "allowed"}`,
        );
        await client.query("ROLLBACK");
      }
    });
  });

  it("leaves PUBLIC nothing but reading in the catalogs, and no database", async () => {
    const { rows } = await stage.asSuperuser((client) =>
      client.query(
        `SELECT 'table ' || c.oid::regclass AS what FROM pg_class c, aclexplode(c.relacl) e
          WHERE e.grantee = 0 AND e.privilege_type <> 'SELECT'
         UNION ALL SELECT 'database ' || datname FROM pg_database
          WHERE datallowconn AND has_database_privilege('public', oid, 'CONNECT, TEMPORARY, CREATE')
         UNION ALL SELECT 'schema ' || nspname FROM pg_namespace
          WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
            AND has_schema_privilege('public', oid, 'USAGE, CREATE')
         UNION ALL SELECT 'language ' || lanname FROM pg_language
          WHERE lanname = 'plpgsql' AND has_language_privilege('public', oid, 'USAGE')`,
      ),
    );
    assert.deepEqual(rows, []);
    await assert.rejects(
      asReader((client) => client.query("SELECT 1"), "postgres"),
      /DATABASE_UNREACHABLE.*permission denied for database/s,
    );
    await assert.rejects(
      asReader((client) => client.query("CREATE TEMPORARY TABLE t (i int)")),
      /42501/,
    );
  });

  it("gives every session the schema and the extension's types", async () => {
    const { rows } = await asReader((client) =>
      client.query("SELECT current_setting('search_path') AS path, '[1,2]'::vector <=> '[1,3]' > 0 AS near"),
    );
    assert.deepEqual(rows, [{ path: "mcp, extensions", near: true }]);
  });

  it("sees what was changed by hand, names it, and mends it", async () => {
    const mutations: [sql: string, line: RegExp][] = [
      ["GRANT EXECUTE ON FUNCTION pg_notify TO PUBLIC", /^NOT: pg_notify /],
      ["GRANT EXECUTE ON FUNCTION lo_creat TO postgres_reader_1", /^NOT: lo_close, /],
      ["GRANT CONNECT ON DATABASE template1 TO PUBLIC", /^NOT: database template1/],
      ["GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC", /^NOT: language plpgsql/],
      ["GRANT USAGE ON SCHEMA public TO PUBLIC", /^NOT: schema public/],
      ["GRANT CREATE ON SCHEMA extensions TO app_user", /^NOT: schema extensions/],
      ["GRANT UPDATE ON pg_settings TO PUBLIC", /^NOT: pg_settings/],
      ["ALTER DATABASE mcp_db RESET search_path", /^NOT: search_path/],
      ["ALTER SCHEMA mcp OWNER TO postgres", /^NOT: schema mcp/],
      ["GRANT CREATE ON SCHEMA workspace TO mcp_writer", /^NOT: schema workspace/],
      ["GRANT USAGE ON SCHEMA workspace TO PUBLIC", /^NOT: schema workspace/],
      [
        "ALTER DEFAULT PRIVILEGES FOR ROLE mcp_owner IN SCHEMA workspace GRANT TRIGGER ON TABLES TO mcp_writer",
        /^NOT: new tables of mcp_owner in workspace/,
      ],
      [
        "ALTER DEFAULT PRIVILEGES FOR ROLE mcp_owner IN SCHEMA workspace REVOKE SELECT ON TABLES FROM mcp_reader",
        /^NOT: new tables of mcp_owner in workspace/,
      ],
      ["GRANT pg_write_all_data TO postgres_writer_1", /^NOT: members of mcp_writer: of no other role/],
      ["ALTER ROLE postgres_writer_1 CREATEROLE", /^NOT: members of mcp_writer: no attribute/],
      [
        "ALTER DEFAULT PRIVILEGES FOR ROLE mcp_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        /^NOT: new functions/,
      ],
      ["GRANT mcp_owner TO app_user_1", /^NOT: mcp_owner: only mcp_migrator/],
      ["ALTER ROLE mcp_reader LOGIN", /^NOT: mcp_owner, .*: no login/],
      ["GRANT pg_read_all_data TO mcp_reader", /^NOT: mcp_owner, .*: members of no role/],
      ["GRANT pg_signal_backend TO postgres_reader_1", /^NOT: members of mcp_reader: of no other role/],
      ["ALTER ROLE postgres_reader_1 CREATEDB", /^NOT: members of mcp_reader: no attribute/],
      ["ALTER EXTENSION vector SET SCHEMA public", /^NOT: extension vector/],
    ];
    for (const [sql, line] of mutations) {
      await stage.asSuperuser((client) => client.query(sql));
      const observed = await observe(stage.baseline());
      const broken = observed.facts.filter((fact) => fact.startsWith("NOT: "));
      assert.equal(broken.length, 1, `${sql}: ${broken.join("; ")}`);
      assert.match(broken[0]!, line);
      assert.deepEqual(changes(observed, stage.baseline()), { changes: true });
      await apply(stage.baseline());
      assert.deepEqual(await observe(stage.baseline()), stage.baseline(), sql);
    }
  });

  it("refuses a database of another stack instance before any change", async () => {
    const before = await stage.asSuperuser(catalogHash);
    await assert.rejects(
      apply({ ...stage.baseline(), instance: "another" }),
      new RegExp(`FOREIGN_OBJECT.*${stage.instance}`, "s"),
    );
    assert.equal(await stage.asSuperuser(catalogHash), before);
  });

  it("waits for the deployment that holds the lock, and does not wait for ever", async () => {
    const holder = stage.asSuperuser(async (client) => {
      await client.query("SELECT pg_advisory_lock(7309940612)");
      const waiting = withSession(stage.superuser(), async () => apply(stage.baseline()));
      assert.equal(await Promise.race([waiting.then(() => "done"), pause(500)]), "waits");
      await client.query("SELECT pg_advisory_unlock(7309940612)");
      await waiting;
    });
    await holder;
  });

  it("keeps what it knows when the server does not answer", async () => {
    const inputs = { ...stage.baseline(), connection: { ...stage.superuser(), port: 1 } };
    assert.deepEqual(await observe(inputs), inputs);
  });
});

async function errorOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

const pause = (milliseconds: number) =>
  new Promise<string>((resolve) => setTimeout(() => resolve("waits"), milliseconds));

/** Changes with every row that is written anew, whatever is in it. */
async function catalogHash(client: Client): Promise<string> {
  const tables = ["pg_proc", "pg_namespace", "pg_database", "pg_class", "pg_language", "pg_extension"];
  const parts = [...tables, "pg_default_acl", "pg_db_role_setting", "kilocode.stack_instance"].map(
    (table) => `SELECT string_agg(xmin::text || ctid::text, ',' ORDER BY ctid) AS rows FROM ${table}`,
  );
  const existing = await client.query<{ there: boolean }>(
    "SELECT to_regclass('kilocode.stack_instance') IS NOT NULL AS there",
  );
  const chosen = existing.rows[0]?.there === true ? parts : parts.slice(0, -1);
  const { rows } = await client.query<{ hash: string }>(
    `SELECT md5(string_agg(rows, ';')) AS hash FROM (${chosen.join(" UNION ALL ")}) t`,
  );
  return rows[0]!.hash;
}
