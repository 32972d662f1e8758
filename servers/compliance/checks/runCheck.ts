import { isDeepStrictEqual } from "node:util";
import type { RuleCheck } from "#model/compliance/ruleFile.ts";
import { deployedServers, factsOf, isDeployed, reportOf, valueAt } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import { judge, shown } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import { failed, passed, unjudged } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { namedQuery } from "./queries.ts";
import type { Queryable } from "./queryable.ts";

/** The servers that a check is about; those that are switched off are left out. */
export function subjectsOf(check: RuleCheck, evidence: Evidence): string[] {
  if (check.kind === "setting" || check.kind === "query") return ["database"];
  if (check.servers) return check.servers.filter((server) => isDeployed(evidence, server));
  return check.kind === "fact" ? [...deployedServers(evidence), "database"] : deployedServers(evidence);
}

/** Judges one check of one server. What cannot be judged is an outcome, too. */
export async function runCheck(
  check: RuleCheck,
  server: string,
  evidence: Evidence,
  session: Queryable,
): Promise<Outcome> {
  if (check.kind === "setting") return checkSetting(check, session);
  if (check.kind === "fact") return checkFact(check, server, evidence);
  if (check.kind !== "query") return checkReport(check, server, evidence);
  const findings = await namedQuery(check.query)(session, { days: check.days ?? 0, evidence });
  return findings.length === 0 ? passed("nothing was found") : failed(findings);
}

function checkFact(
  { pointer, expect }: Extract<RuleCheck, { kind: "fact" }>,
  server: string,
  evidence: Evidence,
): Outcome {
  const known = factsOf(evidence, server);
  if ("problem" in known) return unjudged(known.problem);
  const value = valueAt(known.facts, pointer);
  return outcomeOf(pointer, value, judge(value, expect));
}

async function checkSetting(
  { name, expect }: Extract<RuleCheck, { kind: "setting" }>,
  session: Queryable,
): Promise<Outcome> {
  const { rows } = await session.query<{ setting: string | null; unit: string | null }>(
    "SELECT setting, unit FROM pg_catalog.pg_settings WHERE lower(name) = lower($1)",
    [name],
  );
  const row = rows[0];
  if (!row) return unjudged(`PostgreSQL shows this login no setting ${name}`);
  const unit = row.unit === null ? "" : ` (unit ${row.unit})`;
  return outcomeOf(`${name}${unit}`, row.setting ?? "", judge(row.setting ?? "", expect));
}

/** Facts outrank a report: where both have the value, a difference is what is found. */
function checkReport(
  check: Extract<RuleCheck, { kind: "report" | "agreement" }>,
  server: string,
  evidence: Evidence,
): Outcome {
  const known = factsOf(evidence, server);
  if ("problem" in known) return unjudged(known.problem);
  const said = reportOf(evidence, server);
  if ("problem" in said) return unjudged(said.problem);
  const fact = valueAt(known.facts, check.pointer);
  const value = valueAt(said.report, check.pointer);
  if (value === undefined) return unjudged(`the report has no ${check.pointer}`);
  if (fact !== undefined && !isDeepStrictEqual(fact, value)) {
    return failed([
      {
        text: `${check.pointer} is ${shown(value)} by the server's report; it was deployed with ${shown(fact)}`,
      },
    ]);
  }
  if (check.kind === "report") return outcomeOf(check.pointer, value, judge(value, check.expect));
  return fact === undefined
    ? unjudged(`the deployment has written down no ${check.pointer}`)
    : passed(`${check.pointer} is ${shown(value)}, as deployed`);
}

function outcomeOf(what: string, value: unknown, verdict: Verdict): Outcome {
  if ("unjudged" in verdict) return unjudged(`${what}: ${verdict.unjudged}`);
  return verdict.holds
    ? passed(`${what} is ${shown(value)}`)
    : failed([{ text: `${what} ${verdict.problem}` }]);
}
