import { roles } from "../names.ts";

/**
 * Functions of PostgreSQL that everybody may call by default and that do something, even in a read-only
 * transaction that is rolled back. They are taken from PUBLIC and given to whom they are for (security.md §1).
 */
export interface SystemFunctions {
  /** What they do; part of the line that a preview shows. */
  readonly effect: string;
  readonly names: readonly string[];
  /** Roles that keep them. The superuser always does. */
  readonly keep: readonly string[];
}

const { owner, migrator, provisioner, application } = roles;

export const systemFunctions: readonly SystemFunctions[] = [
  {
    effect: "change settings of the session, also by UPDATE of pg_settings",
    names: ["set_config"],
    keep: [owner, migrator, application],
  },
  { effect: "leave the next caller a known seed", names: ["setseed"], keep: [application] },
  { effect: "wake listeners", names: ["pg_notify"], keep: [application] },
  { effect: "write to the log of changes, rolled back or not", names: ["pg_logical_emit_message"], keep: [] },
  {
    effect: "use up transaction numbers",
    names: ["pg_current_xact_id", "txid_current"],
    keep: [owner, application],
  },
  {
    effect: "end others' queries and sessions",
    names: ["pg_cancel_backend", "pg_terminate_backend"],
    keep: [],
  },
  {
    effect: "show others' SQL and addresses",
    names: [
      "pg_stat_get_activity",
      "pg_stat_get_backend_activity",
      "pg_stat_get_backend_activity_start",
      "pg_stat_get_backend_client_addr",
      "pg_stat_get_backend_client_port",
      "pg_stat_get_backend_idset",
      "pg_stat_get_backend_pid",
      "pg_stat_get_backend_userid",
      "pg_stat_get_backend_wait_event",
      "pg_stat_get_backend_wait_event_type",
      "pg_stat_get_backend_xact_start",
    ],
    keep: [],
  },
  { effect: "leave a snapshot file", names: ["pg_export_snapshot"], keep: [owner] },
  {
    effect: "hold locks beyond the transaction, the deployment's among them",
    names: [
      "pg_advisory_lock",
      "pg_advisory_lock_shared",
      "pg_advisory_unlock",
      "pg_advisory_unlock_all",
      "pg_advisory_unlock_shared",
      "pg_advisory_xact_lock",
      "pg_advisory_xact_lock_shared",
      "pg_try_advisory_lock",
      "pg_try_advisory_lock_shared",
      "pg_try_advisory_xact_lock",
      "pg_try_advisory_xact_lock_shared",
    ],
    keep: [owner, migrator, provisioner],
  },
  {
    effect: "make and read large objects",
    names: [
      "lo_close",
      "lo_creat",
      "lo_create",
      "lo_export",
      "lo_from_bytea",
      "lo_get",
      "lo_import",
      "lo_lseek",
      "lo_lseek64",
      "lo_open",
      "lo_put",
      "lo_tell",
      "lo_tell64",
      "lo_truncate",
      "lo_truncate64",
      "lo_unlink",
      "loread",
      "lowrite",
    ],
    keep: [],
  },
];
