import type { Client } from "pg";

/** Days that rows of the growing tables are kept. */
export interface Retention {
  readonly auditLogs: number;
  readonly complianceLogs: number;
  /** Also of the history of server states. */
  readonly systemMetrics: number;
}

const tables = {
  audit_logs: "auditLogs",
  compliance_logs: "complianceLogs",
  system_metrics: "systemMetrics",
  server_status_history: "systemMetrics",
} as const satisfies Record<string, keyof Retention>;

/** Writes the retention where the maintenance reads it. */
export async function applyRetention(client: Client, retention: Retention): Promise<void> {
  await client.query(
    `UPDATE mcp.maintenance_settings AS s SET retention_days = wanted.days::integer
     FROM jsonb_each_text($1) AS wanted (name, days)
     WHERE s.table_name = wanted.name AND s.retention_days <> wanted.days::integer`,
    [
      JSON.stringify(
        Object.fromEntries(Object.entries(tables).map(([table, key]) => [table, retention[key]])),
      ),
    ],
  );
}

/** The retention in force; undefined before its table exists. */
export async function currentRetention(client: Client): Promise<Retention | undefined> {
  const there = await client.query<{ there: boolean }>(
    "SELECT to_regclass('mcp.maintenance_settings') IS NOT NULL AS there",
  );
  if (there.rows[0]?.there !== true) return undefined;
  const { rows } = await client.query<{ table_name: string; retention_days: number }>(
    "SELECT table_name, retention_days FROM mcp.maintenance_settings",
  );
  const days = new Map(rows.map((row) => [row.table_name, row.retention_days]));
  return {
    auditLogs: days.get("audit_logs") ?? 0,
    complianceLogs: days.get("compliance_logs") ?? 0,
    systemMetrics: days.get("system_metrics") ?? 0,
  };
}
