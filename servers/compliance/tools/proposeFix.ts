import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { readEvidence } from "../checks/evidence.ts";
import { runCheck } from "../checks/runCheck.ts";
import { inToolWords } from "../databaseFailure.ts";
import { fixOutput, toFixOutput } from "../fixes/fixRow.ts";
import type { Fixes } from "../fixes/fixes.ts";
import type { RunContext } from "../runs/complianceRun.ts";
import { ruleOf } from "../runs/complianceRun.ts";
import { hasFix } from "../runs/recordRun.ts";
import { ruleId } from "./answers.ts";

const output = z.object({
  rule: z.string(),
  found: z.array(z.string()).describe("What breaks the rule now; empty if it holds."),
  fixes: z.array(fixOutput).describe("Proposed; another user approves each with approve_fix."),
  remediation: z.string().describe("What mends it where no fix is proposed."),
  command: orNull(z.string()),
});

/** Fixes that one call proposes. */
const mostFixes = 50;

export function proposeFix(context: RunContext, fixes: Fixes): AnyTool {
  return defineTool({
    name: "propose_fix",
    title: "Propose a fix",
    description:
      "Looks at a rule of the database again. If it has a fix, proposes one for each thing found; for all else answers what mends it.",
    permission: "write",
    audit: { record: ["rule"], resource: ({ rule }) => rule },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({ rule: ruleId.describe("Its id.") }),
    output,
    async run({ rule: id }, { caller }) {
      const { rules } = await context.book.current();
      const rule = ruleOf(rules, id);
      const { text: remediation, command = null } = rule.remediation;
      const told = { rule: id, remediation, command };
      if (!hasFix(rule)) return { ...told, found: [], fixes: [] };
      const { database, sampleInterval } = context;
      const outcome = await inToolWords(async () =>
        runCheck(rule.check, "database", await readEvidence(database.pool, sampleInterval), database.pool),
      );
      if (outcome.status === "error")
        throw new ToolError("unjudged", `The rule cannot be judged: ${outcome.detail}.`);
      const findings = outcome.findings.slice(0, mostFixes);
      const rows = await fixes.propose(rule, findings, caller.client);
      return { ...told, found: findings.map(({ text }) => text), fixes: rows.map(toFixOutput) };
    },
  });
}
