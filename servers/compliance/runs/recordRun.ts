import { fixOf } from "#model/compliance/queryNames.ts";
import { schemaName } from "#model/names.ts";
import type { Queryable } from "../checks/queryable.ts";
import type { KnownRule } from "../ruleBook/ruleBook.ts";
import type { RuleResult, RunResult } from "./runResult.ts";

const longestMessage = 2000;

/** Whether the rule has a fix that the server can apply. */
export function hasFix({ check }: KnownRule): boolean {
  return check.kind === "query" && fixOf(check.query) !== undefined;
}

/**
 * One row of `compliance_logs` for each rule and server, all or none.
 *
 * @param client whose run it was; null for the schedule
 */
export async function recordRun(
  session: Queryable,
  run: RunResult,
  client: string | null,
  requireApproval: boolean,
): Promise<void> {
  await session.query(
    `INSERT INTO ${schemaName}.compliance_logs (check_id, rule_id, rule_name, server_name, status, message,
       remediation_command, remediation_description, auto_fix, require_approval, user_id)
     SELECT $1, r.rule_id, r.rule_name, r.server_name, r.status, r.message, r.command, r.description, r.fix, $2,
       (SELECT u.id FROM ${schemaName}.users AS u WHERE u.username = $3)
     FROM jsonb_to_recordset($4) AS r (rule_id text, rule_name text, server_name text, status text, message text,
       command text, description text, fix boolean)`,
    [run.id, requireApproval, client, JSON.stringify(run.results.map(rowOf))],
  );
}

function rowOf({ rule, server, status, detail }: RuleResult): Record<string, unknown> {
  const broken = status === "failed" || status === "warning";
  return {
    rule_id: rule.id,
    rule_name: rule.name,
    server_name: server,
    status,
    message: (broken ? `${rule.message} ${detail}` : detail).slice(0, longestMessage),
    command: broken ? (rule.remediation.command ?? null) : null,
    description: broken ? rule.remediation.text : null,
    fix: hasFix(rule),
  };
}
