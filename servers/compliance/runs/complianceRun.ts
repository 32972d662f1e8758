import { randomBytes } from "node:crypto";
import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import { readEvidence } from "../checks/evidence.ts";
import type { ComplianceDatabase } from "../complianceDatabase.ts";
import type { KnownRule, RuleBook } from "../ruleBook/ruleBook.ts";
import { checkRules } from "./checkRules.ts";
import { recordRun } from "./recordRun.ts";
import type { RunResult } from "./runResult.ts";

export interface RunContext {
  readonly compliance: ComplianceFile["compliance"];
  /** Seconds; how often servers report themselves. */
  readonly sampleInterval: number;
  readonly database: ComplianceDatabase;
  readonly book: RuleBook;
}

export interface RunChoice {
  /** Ids; default all. */
  readonly rules?: readonly string[] | undefined;
  /** Default all. */
  readonly servers?: readonly string[] | undefined;
  /** Whose run it is; null for the schedule. */
  readonly client: string | null;
  readonly signal: AbortSignal;
}

/**
 * Checks rules and records what they came to.
 *
 * @returns undefined if another run is at work somewhere in the stack
 * @throws ToolError for a rule that does not exist
 */
export async function complianceRun(context: RunContext, choice: RunChoice): Promise<RunResult | undefined> {
  const { rules: known, faults } = await context.book.current();
  const rules = choice.rules === undefined ? known : choice.rules.map((id) => ruleOf(known, id));
  const { database, compliance, sampleInterval } = context;
  return database.alone(async () => {
    const startedAt = new Date();
    const evidence = await readEvidence(database.pool, sampleInterval);
    const { maxConcurrentChecks, checkTimeout } = compliance;
    const limits = { maxConcurrentChecks, checkTimeout };
    const results = await checkRules(rules, choice.servers, evidence, database.pool, limits, choice.signal);
    const whole = choice.rules === undefined && choice.servers === undefined;
    const run: RunResult = { id: runId(startedAt), startedAt, results, faults, whole };
    await recordRun(database.pool, run, choice.client, compliance.requireApproval);
    return run;
  });
}

/** @throws ToolError naming rules that are close */
export function ruleOf(rules: readonly KnownRule[], id: string): KnownRule {
  const found = rules.find((rule) => rule.id === id);
  if (found) return found;
  throw new ToolError(
    "unknown_rule",
    `There is no rule ${JSON.stringify(id.slice(0, 60))}; list_rules names them.`,
  );
}

/** Sorts by time, and is no other's. */
function runId(time: Date): string {
  return `${time.toISOString().replace(/[-:]|\.\d+/g, "")}-${randomBytes(4).toString("hex")}`;
}
