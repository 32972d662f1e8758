import type { LogCondition } from "#servers/runtime/logging/logOutputs.ts";
import type { AlertState } from "./alerts.ts";

/** One thing that must hold for a server to do its work. */
export interface Check {
  readonly ok: boolean;
  /** What is wrong, without values. */
  readonly problem?: string;
}

export interface ServerCondition {
  /** Checks by name; the server is ready when all of them hold. */
  readonly checks: Readonly<Record<"database" | "files" | "log" | "spool", Check>>;
  readonly alerts: readonly AlertState[];
  readonly sinks: LogCondition["sinks"];
}

export function isReady({ checks }: ServerCondition): boolean {
  return Object.values(checks).every(({ ok }) => ok);
}

const weights = { database: 50, spool: 30, files: 20, log: 10 } as const;
const firingWeight = 10;
const sinkWeight = 5;

/** 100 for a server that lacks nothing; each fault takes its weight. */
export function healthScore({ checks, alerts, sinks }: ServerCondition): number {
  let score = 100;
  for (const [name, { ok }] of Object.entries(checks))
    if (!ok) score -= weights[name as keyof typeof weights];
  score -= firingWeight * alerts.filter(({ state }) => state === "firing").length;
  score -= sinkWeight * sinks.filter(({ problem }) => problem !== undefined).length;
  return Math.max(0, score);
}

export function checkOf(problem: string | undefined): Check {
  return problem === undefined ? { ok: true } : { ok: false, problem };
}

/** What the log files lack; undefined if they are written. */
export function logProblem({ unwritable }: LogCondition): string | undefined {
  const [first] = unwritable;
  return first && `${first.path} cannot be written (${first.problem})`;
}
