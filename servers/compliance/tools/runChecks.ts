import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { inToolWords } from "../databaseFailure.ts";
import { complianceRun } from "../runs/complianceRun.ts";
import type { RunContext } from "../runs/complianceRun.ts";
import { countStatuses } from "../runs/runResult.ts";
import type { RunResult } from "../runs/runResult.ts";
import { ruleFaults, ruleId, serverName, severity, status } from "./answers.ts";

const input = z.object({
  rules: z.array(ruleId).min(1).max(200).optional().describe("Ids of rules; default all."),
  servers: z.array(serverName).min(1).max(5).optional().describe("Default all."),
});

const output = z.object({
  run: z.string().describe("get_results and the table compliance_logs know it by this."),
  startedAt: z.string(),
  counts: z.object({
    passed: z.number().int(),
    failed: z.number().int(),
    warning: z.number().int(),
    error: z.number().int().describe("Could not be judged."),
  }),
  results: z
    .array(z.object({ rule: z.string(), server: z.string(), severity, status, detail: z.string() }))
    .describe("Those that did not pass; get_results has all."),
  ruleFaults,
});

const patienceMilliseconds = 10_000;
const pollMilliseconds = 200;

/** @param after what follows a run, such as an alert; not waited for */
export function runChecks(context: RunContext, after: (run: RunResult) => void): AnyTool {
  return defineTool({
    name: "run_checks",
    title: "Check the rules",
    description:
      "Checks rules of this deployment now and records the results. A rule without fresh facts is an error, never passed.",
    permission: "execute",
    audit: { record: ["rules", "servers"] },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ rules, servers }, { caller, signal }) {
      const choice = { rules: rules && [...new Set(rules)], servers, client: caller.client, signal };
      const run = await inToolWords(() => patiently(() => complianceRun(context, choice), signal));
      if (!run)
        throw new ToolError("busy", "Another run is at work. Ask get_results, or try again in a moment.");
      after(run);
      return {
        run: run.id,
        startedAt: run.startedAt.toISOString(),
        counts: countStatuses(run.results),
        results: run.results
          .filter((result) => result.status !== "passed")
          .map(({ rule, server, status: found, detail }) => ({
            rule: rule.id,
            server,
            severity: rule.severity,
            status: found,
            detail,
          })),
        ruleFaults: [...run.faults],
      };
    },
  });
}

/** A run takes a second or two, so another one that is at work is waited for. */
async function patiently<T>(
  attempt: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const until = performance.now() + patienceMilliseconds;
  for (;;) {
    const done = await attempt();
    if (done !== undefined || performance.now() > until) return done;
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    signal.throwIfAborted();
  }
}
