import { createHash } from "node:crypto";
import { failedRules } from "../runs/runResult.ts";
import type { RunResult } from "../runs/runResult.ts";

/** What people are told: which rules fail, and where to look. */
export interface Alert {
  readonly subject: string;
  readonly text: string;
}

/** A way to tell people. Its errors hold no secret. */
export interface Channel {
  readonly name: string;
  send(alert: Alert, signal: AbortSignal): Promise<void>;
}

const mostLines = 50;

export function alertOf(stack: string, run: RunResult): Alert {
  const failed = run.results.filter(({ status }) => status === "failed");
  const ids = failedRules(run);
  const lines = failed
    .slice(0, mostLines)
    .map(({ rule, server, detail }) => `- [${rule.severity}] ${rule.id} (${server}): ${rule.name} ${detail}`);
  const more = failed.length > mostLines ? [`… and ${failed.length - mostLines} more`] : [];
  return {
    subject: `${stack}: ${ids.length} compliance rules fail`,
    text: [
      `Run ${run.id} found ${ids.length} failed rules.`,
      "",
      ...lines,
      ...more,
      "",
      "get_results of the compliance server has them all, propose_fix says what mends one.",
    ].join("\n"),
  };
}

/** Equal exactly when the same rules fail. */
export function failedSet(run: RunResult): string {
  return createHash("sha256").update(failedRules(run).join("\n")).digest("hex");
}
