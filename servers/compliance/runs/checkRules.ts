import { runCheck, subjectsOf } from "../checks/runCheck.ts";
import type { Evidence } from "../checks/evidence.ts";
import { Unjudged } from "../checks/namedQuery.ts";
import { unjudged } from "../checks/outcome.ts";
import type { Outcome } from "../checks/outcome.ts";
import type { Queryable } from "../checks/queryable.ts";
import type { KnownRule } from "../ruleBook/ruleBook.ts";
import { statusOf } from "./runResult.ts";
import type { RuleResult } from "./runResult.ts";

export interface CheckLimits {
  /** Checks at the same time. */
  readonly maxConcurrentChecks: number;
  /** Longest time of one check, in milliseconds. */
  readonly checkTimeout: number;
}

interface Job {
  readonly rule: KnownRule;
  readonly server: string;
}

/** PostgreSQL ends a statement by itself at the time-out; this is for everything else. */
const graceMilliseconds = 500;

/**
 * Checks each rule for each server that it is about, so many at a time. One that cannot be judged, or that takes too
 * long, is an error of its own and ends no other.
 *
 * @param signal ends the run before the next check
 */
export async function checkRules(
  rules: readonly KnownRule[],
  servers: readonly string[] | undefined,
  evidence: Evidence,
  session: Queryable,
  limits: CheckLimits,
  signal: AbortSignal,
): Promise<RuleResult[]> {
  const jobs = rules.flatMap((rule) =>
    subjectsOf(rule.check, evidence)
      .filter((server) => servers === undefined || servers.includes(server))
      .map((server): Job => ({ rule, server })),
  );
  const results: RuleResult[] = [];
  const next = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, { rule, server }] of next) {
      signal.throwIfAborted();
      const outcome = await judged(
        () => runCheck(rule.check, server, evidence, session),
        limits.checkTimeout,
      );
      const { detail, findings } = outcome;
      results[index] = { rule, server, status: statusOf(rule, outcome), detail, findings };
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.maxConcurrentChecks, jobs.length) }, worker));
  return results;
}

async function judged(check: () => Promise<Outcome>, timeout: number): Promise<Outcome> {
  const tooLong = unjudged(`the check took longer than ${timeout} ms`);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve(tooLong), timeout + graceMilliseconds);
  });
  try {
    return await Promise.race([check(), limit]);
  } catch (error) {
    if (error instanceof Unjudged) return unjudged(error.message);
    const { code } = error as { code?: unknown };
    if (code === "57014") return tooLong;
    return unjudged(
      `PostgreSQL did not answer the check (${typeof code === "string" ? code : "connection lost"})`,
    );
  } finally {
    clearTimeout(timer);
  }
}
