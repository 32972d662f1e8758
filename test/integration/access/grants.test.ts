import assert from "node:assert/strict";
import type { Client } from "pg";
import { readCatalog } from "#model/access/catalog.ts";
import { expectedPrivileges, grantLines } from "#model/access/matrix.ts";
import { privilegeKey } from "#model/access/privilege.ts";
import { roles, schemaName } from "#model/names.ts";
import { withSession } from "#providers/database/connect.ts";
import { apply, changes, observe } from "#providers/grants/runner.ts";
import { logins, setStage } from "./stage.ts";
import type { Login, Stage } from "./stage.ts";

describe("grants", function () {
  this.timeout(180_000);
  let stage: Stage;

  before(async () => {
    stage = await setStage();
    await stage.migrate();
  });
  after(() => stage.stop());

  const as = <T>(login: Login, work: (client: Client) => Promise<T>) => withSession(stage.login(login), work);
  const catalog = () => stage.asSuperuser((client) => readCatalog(client, schemaName, roles.owner));

  it("make the catalog equal to the matrix", async () => {
    await apply(stage.grants());
    const { privileges, foreign } = await catalog();
    assert.deepEqual(
      privileges.map(privilegeKey).toSorted(),
      expectedPrivileges().map(privilegeKey).toSorted(),
    );
    assert.deepEqual(foreign, [], "all belongs to the owner");
  });

  it("leave no table, view or function of the schema undecided", async () => {
    const { names } = await catalog();
    const decided = new Set(expectedPrivileges().map(({ kind, object }) => `${kind} ${object}`));
    // A partition is reached through its table, a trigger's function through its trigger.
    const { rows } = await stage.asSuperuser((client) =>
      client.query<{ id: string }>(
        `SELECT 'table ' || relname AS id FROM pg_class WHERE relispartition
         UNION ALL SELECT 'function ' || proname || '()' FROM pg_proc WHERE prorettype = 'trigger'::regtype`,
      ),
    );
    const inside = new Set(rows.map(({ id }) => id));
    const open = [...names.keys()].filter((id) => !decided.has(id) && !inside.has(id));
    assert.deepEqual(
      open.filter((id) => id.startsWith("table ")),
      [],
      "name each table in model/access/matrix.ts",
    );
    const functions = open.filter((id) => id.startsWith("function ")).toSorted();
    assert.deepEqual(functions, ownersFunctions, "grant each function, or list it as the owner's here");
  });

  it("agree with what PostgreSQL says each login may do", async () => {
    await as("postgres_reader_1", async (client) => {
      await client.query("SELECT id, username, email, role FROM users");
      await client.query("SELECT id, key_id, key_prefix FROM api_keys");
      await client.query("SELECT * FROM user_activity");
      await client.query("SELECT * FROM memory_statistics, compliance_summary");
      await refused(client, [
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "SELECT to_jsonb(u) FROM users u",
        "SELECT users FROM users",
        "SELECT count(*) FROM users WHERE password_hash LIKE 'a%'",
        "SELECT table_to_xml('users', true, false, '')",
        "SELECT key_hash FROM api_keys",
        "SELECT * FROM api_keys",
        "TABLE api_keys",
        "COPY api_keys TO STDOUT",
        "SELECT * FROM authenticate_api_key('x')",
        "SELECT cleanup_expired_data()",
        "INSERT INTO memory_items (memory_id, content) VALUES ('a', 'b')",
        "UPDATE users SET role = 'admin'",
        "DELETE FROM memory_items",
        "TRUNCATE memory_items",
        "CREATE TABLE t (i int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT * FROM kilocode.stack_instance",
        "SELECT rolpassword FROM pg_authid",
      ]);
      const statistics = await client.query(
        "SELECT FROM pg_stats WHERE attname IN ('password_hash', 'key_hash')",
      );
      assert.equal(statistics.rowCount, 0, "values are not in the planner's statistics either");
    });
    await as("postgres_writer_1", async (client) => {
      await client.query("SELECT create_workspace_table('notes', $1)", [
        JSON.stringify([{ name: "text", type: "text" }]),
      ]);
      await client.query("INSERT INTO workspace.notes VALUES ('a'); UPDATE workspace.notes SET text = 'b'");
      await refused(client, [
        ...["users", "api_keys", "memory_items", "audit_logs", "system_metrics", "server_status"].map(
          (table) => `SELECT FROM ${table}`,
        ),
        "INSERT INTO memory_items (memory_id, content) VALUES ('a', 'b')",
        "CREATE TABLE workspace.own (i int)",
        "CREATE VIEW workspace.view AS SELECT 1",
        "CREATE FUNCTION workspace.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "TRUNCATE workspace.notes",
        "ALTER TABLE workspace.notes ADD COLUMN i int",
        "DROP TABLE workspace.notes",
        "SELECT cleanup_expired_data()",
      ]);
    });
    await as("postgres_reader_1", async (client) => {
      assert.deepEqual((await client.query("SELECT * FROM workspace.notes")).rows, [{ text: "b" }]);
      await refused(client, [
        "DELETE FROM workspace.notes",
        "SELECT drop_workspace_table('notes')",
        "SELECT create_workspace_table('mine', '[]')",
      ]);
    });
    await as("postgres_writer_1", (client) => client.query("SELECT drop_workspace_table('notes')"));
    await as("postgres_1", async (client) => {
      assert.deepEqual((await client.query("SELECT * FROM authenticate_api_key('x')")).rows, []);
      await refused(client, ["SELECT id FROM users", "SELECT id FROM api_keys", "SELECT id FROM audit_logs"]);
    });
    await as("provisioner_1", (client) =>
      refused(client, ["SELECT id FROM memory_items", "DELETE FROM users", "TRUNCATE api_keys"]),
    );
    await as("app_user_1", async (client) => {
      await client.query("SELECT * FROM users, api_keys");
      await client.query("INSERT INTO memory_items (memory_id, content) VALUES ('grants', 'x')");
      await client.query("DELETE FROM memory_items WHERE memory_id = 'grants'");
      await refused(client, [
        "UPDATE audit_logs SET status = 'x'",
        "DELETE FROM audit_logs",
        "TRUNCATE users",
      ]);
    });
  });

  it("reach a login only through its one group", async () => {
    const { rows } = await stage.asSuperuser((client) =>
      client.query<{ member: string; role: string }>(
        `SELECT m.rolname AS member, r.rolname AS role FROM pg_auth_members am
           JOIN pg_roles m ON m.oid = am.member JOIN pg_roles r ON r.oid = am.roleid
          WHERE r.rolname !~ '^pg_' ORDER BY 1`,
      ),
    );
    assert.deepEqual(Object.fromEntries(rows.map(({ member, role }) => [member, role])), { ...logins });
    assert.equal(rows.length, Object.keys(logins).length);
    const attributes = await stage.asSuperuser((client) =>
      client.query(
        `SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'
            AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)`,
      ),
    );
    assert.deepEqual(attributes.rows, []);
  });

  it("change nothing a second time, and are seen unchanged by a refresh", async () => {
    const rows = () =>
      stage.asSuperuser(
        async (client) => (await client.query("SELECT oid, xmin, relacl FROM pg_class")).rows,
      );
    const before = await rows();
    await apply(stage.grants());
    assert.deepEqual(await rows(), before);
    assert.deepEqual(await observe(stage.grants()), stage.grants());
  });

  it("see what was granted or revoked by hand, show only that, and undo it", async () => {
    const mutations: [sql: string, shown: Record<string, string[]>][] = [
      ["GRANT SELECT ON mcp.users TO mcp_reader", {}],
      ["GRANT SELECT (password_hash) ON mcp.users TO mcp_reader", {}],
      ["GRANT DELETE ON mcp.users TO postgres_1", { postgres_1: ["DELETE on users"] }],
      ["GRANT SELECT ON mcp.memory_items TO PUBLIC", { PUBLIC: ["SELECT on memory_items"] }],
      [
        "GRANT EXECUTE ON FUNCTION mcp.cleanup_expired_data() TO PUBLIC",
        { PUBLIC: ["EXECUTE on function cleanup_expired_data()"] },
      ],
      ["GRANT CREATE ON SCHEMA mcp TO app_user_1", { app_user_1: ["CREATE on schema mcp"] }],
      ["GRANT SELECT ON mcp.users TO app_user WITH GRANT OPTION", {}],
      ["REVOKE SELECT ON mcp.memory_items FROM mcp_reader", {}],
      ["REVOKE ALL ON mcp.users FROM mcp_reader", {}],
    ];
    for (const [sql, shown] of mutations) {
      await stage.asSuperuser((client) => client.query(sql));
      const observed = await observe(stage.grants());
      assert.deepEqual(changes(observed, stage.grants()), { changes: true }, sql);
      const strangers = Object.entries(observed.grants).filter(([role]) => !(role in grantLines()));
      assert.deepEqual(Object.fromEntries(strangers), shown, sql);
      await apply(stage.grants());
      assert.deepEqual(await observe(stage.grants()), stage.grants(), sql);
    }
  });

  it("take back what was passed on", async () => {
    await stage.asSuperuser(async (client) => {
      await client.query("GRANT SELECT ON mcp.users TO app_user WITH GRANT OPTION");
      await client.query("SET ROLE app_user; GRANT SELECT ON mcp.users TO mcp_reader; RESET ROLE");
    });
    await apply(stage.grants());
    assert.deepEqual(await observe(stage.grants()), stage.grants());
  });

  it("refuse a matrix that names what no migration made, and change nothing", async () => {
    const before = (await catalog()).privileges;
    const inputs = { ...stage.grants(), grants: { [roles.reader]: ["SELECT on ghosts"] } };
    await assert.rejects(apply(inputs), /DATABASE_REFUSED.*table ghosts/s);
    assert.deepEqual((await catalog()).privileges, before);
  });

  it("name the object that is not the owner's", async () => {
    await stage.asSuperuser((client) =>
      client.query("CREATE TABLE mcp.stray (); GRANT SELECT ON mcp.stray TO PUBLIC"),
    );
    await assert.rejects(
      apply(stage.grants()),
      /DATABASE_REFUSED.*(table stray of postgres|permission denied)/s,
    );
    await stage.asSuperuser((client) => client.query("DROP TABLE mcp.stray"));
  });

  it("come from two runs at once one after the other", async () => {
    await stage.asSuperuser((client) => client.query("REVOKE ALL ON mcp.users FROM mcp_reader"));
    await Promise.all([apply(stage.grants()), apply(stage.grants()), apply(stage.grants())]);
    assert.deepEqual(await observe(stage.grants()), stage.grants());
  });

  it("keep what is known when the server does not answer", async () => {
    const inputs = { ...stage.grants(), connection: { ...stage.login(roles.migrator), port: 1 } };
    assert.deepEqual(await observe(inputs), inputs);
  });
});

/** Functions for maintenance and migrations: nobody calls them but the owner. */
const ownersFunctions = [
  "function add_audit_rows(jsonb)",
  "function asking_server()",
  "function delete_expired_rows(text, timestamp with time zone, bigint, boolean)",
  "function drop_expired_partitions(text, timestamp with time zone, boolean, integer)",
  "function hash_compliance_fix(text, text, text, text, jsonb, jsonb, text, text)",
  "function make_partition(text, timestamp with time zone)",
  "function make_partitions(text, timestamp with time zone, integer)",
  "function manage_partitions(text, text, text, integer, integer)",
  "function partitions_of(text)",
  "function plan_compliance_fix(text, jsonb)",
  "function plan_deactivate_account(jsonb)",
  "function plan_deactivate_key(jsonb)",
  "function plan_revoke_grant(jsonb)",
  "function plan_set_retention(jsonb)",
  "function recheck_compliance_fix(bigint, text)",
  "function redact_json(jsonb)",
  "function set_embedding_dimension(integer)",
];

async function refused(client: Client, statements: readonly string[]): Promise<void> {
  for (const sql of statements) {
    await assert.rejects(client.query(sql), { code: "42501" }, sql);
  }
}
