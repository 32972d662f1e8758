import { roles } from "../names.ts";
import { parseLines } from "./difference.ts";
import type { GrantLines } from "./difference.ts";
import type { Privilege } from "./privilege.ts";

/** What every server does for itself: only through functions, which stamp the session's role and clock. */
const serviceLines = [
  "USAGE on schema mcp",
  "EXECUTE on function authenticate_api_key(text)",
  "EXECUTE on function note_api_key_use(text, integer)",
  "EXECUTE on function access_version()",
  "EXECUTE on function find_caller(text, text, uuid)",
  "EXECUTE on function start_token_family(text, text, integer, integer)",
  "EXECUTE on function exchange_refresh_token(text, text, integer, integer)",
  "EXECUTE on function note_access(text[], integer[], uuid[])",
  "EXECUTE on function record_audit(text, text, text, text, text, text, inet, text, jsonb, jsonb, text, double precision, uuid, timestamp with time zone)",
  "EXECUTE on function record_audit_batch(jsonb)",
  "EXECUTE on function record_heartbeat(text, text, text, integer, double precision, double precision, double precision, double precision)",
  "EXECUTE on function record_samples(text, jsonb)",
  "EXECUTE on function record_self_report(text, jsonb)",
  "EXECUTE on function run_maintenance(boolean, integer)",
] as const;

/**
 * Who may do what: group × table × column × verb. Logins have nothing of their own, they inherit from one group;
 * PUBLIC has nothing; the owner has all by owning. `providers/grants` makes the schema's access lists equal to
 * this, a test compares the catalog with it, and a table that is not named here is closed to everybody.
 *
 * The specification's statements win over "written by provisioning only": `app_user` is the group they run as,
 * so it may write `users`, `api_keys` and `configuration_files` too, but no server is in it.
 */
const matrix = {
  /** Writes accounts, keys and configuration files; nothing else. */
  [roles.provisioner]: [
    "USAGE on schema mcp",
    "SELECT, INSERT, UPDATE on users",
    "SELECT, INSERT, UPDATE on api_keys",
    "SELECT, INSERT, UPDATE, DELETE on configuration_files",
    "SELECT on configuration_file_versions",
    "SELECT, INSERT, UPDATE, DELETE on deployment_facts",
  ],

  [roles.service]: serviceLines,

  /** A server whose tools work on rows of ours has its own login's privileges for that. */
  [roles.memory]: [
    ...serviceLines,
    // Row by row, migration 0012 says which.
    "SELECT, INSERT, UPDATE, DELETE on memory_items",
    "SELECT, INSERT, UPDATE on memory_rounds",
    "SELECT, INSERT on memory_keys",
    "EXECUTE on function memory_candidates(text[], boolean, timestamp with time zone, timestamp with time zone, integer)",
    "EXECUTE on function note_memory_access(bigint[], integer[])",
    "EXECUTE on function evict_memories(bigint, bigint)",
    "EXECUTE on function memories_of_other_models(text)",
    "EXECUTE on function claim_memory_round(text, interval)",
  ],

  /** Looks at what it checks, without hashes; proposes fixes and records who approved them. */
  [roles.compliance]: [
    ...serviceLines,
    "SELECT(id, username, email, role, is_active, last_login) on users",
    "SELECT(key_id, name, is_active, expires_at, last_used, created_at, created_by, revoked_at) on api_keys",
    "SELECT, INSERT on compliance_logs",
    "SELECT on compliance_summary",
    "SELECT on compliance_fixes",
    "SELECT on deployment_facts",
    "SELECT on maintenance_runs",
    "SELECT on maintenance_settings",
    "SELECT on server_reports",
    "SELECT on server_status",
    "EXECUTE on function account_has_password(bigint)",
    "EXECUTE on function propose_compliance_fix(text, text, text, text, jsonb, text)",
    "EXECUTE on function approve_compliance_fix(bigint, text, text)",
    "EXECUTE on function begin_compliance_run()",
    "EXECUTE on function end_compliance_run()",
  ],

  /** Runs approved fixes and their inverses, and nothing else. */
  [roles.fixer]: [
    "USAGE on schema mcp",
    "EXECUTE on function apply_compliance_fix(bigint, text, text, boolean)",
    "EXECUTE on function rollback_compliance_fix(bigint, text)",
  ],

  /** Runs callers' SQL: reads everything but password and key hashes, and has no function with effects. */
  [roles.reader]: [
    "USAGE on schema mcp",
    "SELECT(id, username, email, role, is_active, created_at, updated_at, last_login) on users",
    "SELECT(id, key_id, key_prefix, name, description, permissions, is_active, expires_at, last_used, usage_count, created_at, created_by, revoked_at, replaces) on api_keys",
    "SELECT on audit_logs",
    "SELECT on compliance_fixes",
    "SELECT on compliance_logs",
    "SELECT on configuration_files",
    "SELECT on configuration_file_versions",
    "SELECT on deployment_facts",
    "SELECT on maintenance_runs",
    "SELECT on maintenance_settings",
    "SELECT on memory_items",
    "SELECT on schema_migrations",
    "SELECT on server_reports",
    "SELECT on server_status",
    "SELECT on server_status_history",
    "SELECT on system_metrics",
    "SELECT on token_families",
    "SELECT(family, issued_at, used_at) on refresh_tokens",
    "SELECT on compliance_summary",
    "SELECT on memory_statistics",
    "SELECT on user_activity",
  ],

  /**
   * Runs what callers write. Of this schema it has nothing but the two functions that make and drop tables of
   * the workspace (baseline.ts), which is all that it reads and changes.
   */
  [roles.writer]: [
    "USAGE on schema mcp",
    "EXECUTE on function create_workspace_table(text, jsonb, text)",
    "EXECUTE on function drop_workspace_table(text)",
  ],

  /** Read-write for the specification's statements; audit rows are only added. */
  [roles.application]: [
    "USAGE on schema mcp",
    "SELECT, INSERT, UPDATE, DELETE on users",
    "SELECT, INSERT, UPDATE, DELETE on api_keys",
    "SELECT, INSERT on audit_logs",
    "SELECT on compliance_fixes",
    "SELECT, INSERT, UPDATE, DELETE on compliance_logs",
    "SELECT, INSERT, UPDATE, DELETE on configuration_files",
    "SELECT on configuration_file_versions",
    "SELECT on deployment_facts",
    "SELECT on maintenance_runs",
    "SELECT on maintenance_settings",
    "SELECT, INSERT, UPDATE, DELETE on memory_items",
    "SELECT on schema_migrations",
    "SELECT on server_reports",
    "SELECT, INSERT, UPDATE, DELETE on server_status",
    "SELECT on server_status_history",
    "SELECT, INSERT, UPDATE, DELETE on system_metrics",
    "SELECT on token_families",
    "SELECT(family, issued_at, used_at) on refresh_tokens",
    "SELECT on compliance_summary",
    "SELECT on memory_statistics",
    "SELECT on user_activity",
    "EXECUTE on function cleanup_expired_data()",
  ],
} as const satisfies Record<string, readonly string[]>;

/** The matrix as a resource takes it: readable lines by group. */
export function grantLines(): Record<string, string[]> {
  return Object.fromEntries(Object.entries(matrix).map(([group, lines]) => [group, [...lines]]));
}

/** The matrix as the catalog must show it: exactly these access list entries, owners' apart. */
export function expectedPrivileges(lines: GrantLines = matrix): Privilege[] {
  return parseLines(lines);
}

/** What the groups may do with the database itself. */
export const databasePrivileges: Readonly<Record<string, readonly string[]>> = {
  [roles.provisioner]: ["CONNECT"],
  [roles.service]: ["CONNECT"],
  [roles.reader]: ["CONNECT"],
  [roles.writer]: ["CONNECT"],
  [roles.memory]: ["CONNECT"],
  [roles.compliance]: ["CONNECT"],
  [roles.fixer]: ["CONNECT"],
  [roles.application]: ["CONNECT"],
};
