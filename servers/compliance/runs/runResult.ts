import type { RuleFault } from "../ruleBook/parseRuleFile.ts";
import type { KnownRule } from "../ruleBook/ruleBook.ts";
import type { Finding, Outcome } from "../checks/outcome.ts";

export const statuses = ["passed", "failed", "warning", "error"] as const;
export type Status = (typeof statuses)[number];

/** What one rule came to for one server. */
export interface RuleResult {
  readonly rule: KnownRule;
  readonly server: string;
  /** A broken rule of severity low is a warning. `error`: it could not be judged. */
  readonly status: Status;
  readonly detail: string;
  readonly findings: readonly Finding[];
}

export interface RunResult {
  /** `check_id` of its rows. */
  readonly id: string;
  readonly startedAt: Date;
  readonly results: readonly RuleResult[];
  /** Files of rules that were not in force. */
  readonly faults: readonly RuleFault[];
  /** Whether every rule was checked for every server. */
  readonly whole: boolean;
}

export function statusOf(rule: KnownRule, { status }: Outcome): Status {
  return status === "failed" && rule.severity === "low" ? "warning" : status;
}

export function countStatuses(results: readonly { readonly status: Status }[]): Record<Status, number> {
  const counts = { passed: 0, failed: 0, warning: 0, error: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}

/** Ids of the rules that failed for at least one server, sorted. */
export function failedRules({ results }: RunResult): string[] {
  const failed = results.filter(({ status }) => status === "failed").map(({ rule }) => rule.id);
  return [...new Set(failed)].sort();
}
