import type { Client } from "pg";

/**
 * Everything that a caller's SQL could have changed or left behind, as text: two equal footprints mean that
 * nothing happened between them. Read as superuser, outside the session that ran the SQL.
 */
export async function footprint(client: Client): Promise<Record<string, string>> {
  const parts: Record<string, string> = {
    objects: `SELECT oid, relname, relkind, relowner, relacl, relfilenode, relchecks, relnatts FROM pg_class
              WHERE relnamespace <> 'pg_toast'::regnamespace ORDER BY oid`,
    columns: "SELECT attrelid, attname, attacl FROM pg_attribute ORDER BY 1, attnum",
    functions: "SELECT oid, proname, proacl FROM pg_proc ORDER BY oid",
    schemas: "SELECT oid, nspname, nspacl FROM pg_namespace ORDER BY oid",
    extensions: "SELECT extname FROM pg_extension ORDER BY 1",
    comments: "SELECT objoid, description FROM pg_description ORDER BY 1, 2",
    roles: "SELECT * FROM pg_authid ORDER BY oid",
    members: "SELECT * FROM pg_auth_members ORDER BY oid",
    roleSettings: "SELECT * FROM pg_db_role_setting ORDER BY 1, 2",
    databases: "SELECT oid, datname, datacl FROM pg_database ORDER BY oid",
    subscriptions: "SELECT subname FROM pg_subscription ORDER BY 1",
    foreignServers: "SELECT srvname FROM pg_foreign_server ORDER BY 1",
    largeObjects: "SELECT oid FROM pg_largeobject_metadata ORDER BY oid",
    slots: "SELECT slot_name FROM pg_replication_slots ORDER BY 1",
    preparedTransactions: "SELECT gid FROM pg_prepared_xacts ORDER BY 1",
    serverSettings:
      "SELECT name, setting, pending_restart FROM pg_settings WHERE context IN ('postmaster', 'sighup') ORDER BY 1",
    written:
      "SELECT pg_ls_dir FROM pg_ls_dir('/tmp') UNION ALL SELECT pg_ls_dir FROM pg_ls_dir('pg_snapshots') ORDER BY 1",
    advisoryLocks: "SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' ORDER BY 1, 2",
    bystanders:
      "SELECT pid, state, query FROM pg_stat_activity WHERE application_name = 'bystander' ORDER BY 1",
  };
  const { rows: stored } = await client.query<{ name: string; kind: string }>(
    `SELECT oid::regclass::text AS name, relkind AS kind FROM pg_class
      WHERE relnamespace = 'mcp'::regnamespace AND relkind IN ('r', 'S')
         OR relnamespace = 'workspace'::regnamespace AND relkind = 'r'`,
  );
  for (const { name, kind } of stored)
    if (kind === "r") parts[name] = rowsOf(name);
    else if (!ownSequences.test(name)) parts[name] = `SELECT last_value, is_called FROM ${name}`;
  const each = Object.entries(parts).map(
    ([name, sql]) =>
      `SELECT ${client.escapeLiteral(name)} AS name,
              coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), 'empty') || ' ' || count(*) AS text FROM (${sql}) t`,
  );
  const { rows } = await client.query<{ name: string; text: string }>(each.join(" UNION ALL "));
  return Object.fromEntries(rows.map(({ name, text }) => [name, text]));
}

/** Of tables in which the server itself records what it does. */
const ownSequences = /audit_logs|server_status|system_metrics/;

/** The rows of a table, without those that the server's own login recorded, and without the use of keys. */
function rowsOf(table: string): string {
  return `SELECT to_jsonb(r) - '{last_used,usage_count,updated_at}'::text[] FROM ${table} r
           WHERE coalesce(to_jsonb(r) ->> 'recorded_by', to_jsonb(r) ->> 'reported_by', '') <> 'postgres_1'`;
}

/** What a session keeps for whoever uses it next; read in that session. */
export const sessionFootprint = `
  SELECT current_user, session_user,
         (SELECT count(*) FROM pg_prepared_statements) AS statements,
         (SELECT count(*) FROM pg_cursors) AS cursors,
         ARRAY(SELECT pg_listening_channels()) AS channels,
         (SELECT count(*) FROM pg_class WHERE pg_my_temp_schema() = relnamespace) AS temporary,
         (SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
           WHERE name IN ('default_transaction_read_only', 'search_path', 'statement_timeout', 'role',
                          'session_replication_role', 'work_mem', 'lock_timeout')) AS settings`;

/** Names of the parts that differ. */
export function differing(before: Record<string, string>, after: Record<string, string>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]);
}
