import { schemaName } from "#model/names.ts";
import type { Queryable } from "../checks/queryable.ts";
import type { Status } from "./runResult.ts";

/** A row of `compliance_logs`. */
export interface StoredResult {
  readonly run: string;
  readonly rule: string;
  readonly name: string;
  readonly server: string;
  readonly status: Status;
  readonly message: string;
  readonly command: string | null;
  readonly description: string | null;
  readonly fix: boolean;
  readonly approvedBy: string | null;
  readonly at: Date;
}

export interface ResultChoice {
  /** Of one run; default the latest of each rule and server. */
  readonly run?: string | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly servers?: readonly string[] | undefined;
  readonly statuses?: readonly Status[] | undefined;
  readonly limit: number;
}

export async function readResults(session: Queryable, choice: ResultChoice): Promise<StoredResult[]> {
  const { rows } = await session.query<StoredResult & Record<string, unknown>>(
    `SELECT * FROM (
       SELECT DISTINCT ON (server_name, rule_id) check_id AS run, rule_id AS rule, rule_name AS name,
         server_name AS server, status, coalesce(message, '') AS message, remediation_command AS command,
         remediation_description AS description, auto_fix AS fix, approved_by AS "approvedBy", created_at AS at
       FROM ${schemaName}.compliance_logs
       WHERE ($1::text IS NULL OR check_id = $1) AND ($2::text[] IS NULL OR rule_id = ANY ($2))
         AND ($3::text[] IS NULL OR server_name = ANY ($3))
       ORDER BY server_name, rule_id, created_at DESC, id DESC
     ) AS latest
     WHERE $4::text[] IS NULL OR status = ANY ($4)
     ORDER BY array_position(ARRAY['failed', 'error', 'warning', 'passed'], status), rule, server LIMIT $5`,
    [choice.run ?? null, choice.rules ?? null, choice.servers ?? null, choice.statuses ?? null, choice.limit],
  );
  return rows;
}

/** Latest results counted, by server: the view of the specification. */
export interface ServerScore {
  readonly server: string;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly warning: number;
  readonly error: number;
  /** Per cent. */
  readonly score: number;
  readonly at: Date;
}

export async function readScores(session: Queryable): Promise<ServerScore[]> {
  const { rows } = await session.query<ServerScore & Record<string, unknown>>(
    `SELECT server_name AS server, total_checks::integer AS total, passed_checks::integer AS passed,
            failed_checks::integer AS failed, warning_checks::integer AS warning, error_checks::integer AS error,
            compliance_score::float8 AS score, last_check AS at
       FROM ${schemaName}.compliance_summary ORDER BY 1`,
  );
  return rows;
}

/** Per cent of all latest results that passed; undefined before the first run. */
export function overallScore(scores: readonly ServerScore[]): number | undefined {
  const total = scores.reduce((sum, score) => sum + score.total, 0);
  if (total === 0) return undefined;
  const passed = scores.reduce((sum, score) => sum + score.passed, 0);
  return Math.round((passed / total) * 10_000) / 100;
}
