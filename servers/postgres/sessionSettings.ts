import type { PostgresFile } from "#model/files/schema/postgres.ts";

/** What every session of a pool starts with and DISCARD ALL goes back to. */
export function sessionSettings({ database }: PostgresFile): Record<string, string | number> {
  return {
    statement_timeout: database.queryTimeout,
    lock_timeout: database.queryTimeout,
    idle_in_transaction_session_timeout: database.idleTimeout,
    // A statement whose connection is gone ends within a second even if the request to cancel it was lost.
    client_connection_check_interval: 1000,
    DateStyle: "ISO",
    IntervalStyle: "iso_8601",
    TimeZone: "UTC",
    bytea_output: "hex",
    extra_float_digits: 1,
  };
}
