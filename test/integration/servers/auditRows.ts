import type { ReadyStage } from "./stage.ts";

export interface AuditRow {
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  readonly actor: string | null;
  readonly actor_role: string | null;
  readonly user_id: string | null;
  readonly status: string;
  readonly server_name: string | null;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly request_data: Record<string, unknown> | null;
  readonly response_data: Record<string, unknown> | null;
  readonly error_message: string | null;
  readonly duration_ms: number | null;
  readonly recorded_by: string;
}

/** All rows, oldest first. */
export async function auditRows(stage: ReadyStage): Promise<AuditRow[]> {
  const { rows } = await stage.asSuperuser((session) =>
    session.query<AuditRow>(
      `SELECT action, resource_type, resource_id, actor, actor_role, user_id, status, server_name,
         host(ip_address) AS address, user_agent, request_data, response_data, error_message, duration_ms, recorded_by
       FROM mcp.audit_logs ORDER BY created_at, id`,
    ),
  );
  return rows;
}

/** The number of rows when those of calls before, which may lag a second, have come. */
export async function settledAuditRows(stage: ReadyStage): Promise<number> {
  for (let seen = -1; ;) {
    const { length } = await auditRows(stage);
    if (length === seen) return length;
    seen = length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

/** Rows that a test's own call brings; waits for `count` of them, which take about a second. */
export async function newAuditRows(stage: ReadyStage, known: number, count: number): Promise<AuditRow[]> {
  for (let attempt = 0; ; attempt += 1) {
    const rows = (await auditRows(stage)).slice(known);
    if (rows.length >= count || attempt >= 50) return rows;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
