import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { RuleBook } from "../ruleBook/ruleBook.ts";
import { hasFix } from "../runs/recordRun.ts";
import { ruleFaults, severity } from "./answers.ts";

const output = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      name: z.string().describe("What holds."),
      severity,
      kind: z.enum(["setting", "query", "report", "fact", "agreement"]).describe("What is looked at."),
      origin: z.enum(["shipped", "folder"]),
      file: z.string(),
      remediation: z.string(),
      command: orNull(z.string()),
      reference: z.string(),
      hasFix: z.boolean().describe("Whether propose_fix proposes SQL for it."),
    }),
  ),
  ruleFaults,
});

export function listRules(book: RuleBook): AnyTool {
  return defineTool({
    name: "list_rules",
    title: "List compliance rules",
    description: "Lists the rules that are in force, and files of rules that are not, with the reason.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({}),
    output,
    async run() {
      const { rules, faults } = await book.current();
      return {
        rules: rules.map((rule) => ({
          id: rule.id,
          name: rule.name,
          severity: rule.severity,
          kind: rule.check.kind,
          origin: rule.origin,
          file: rule.file,
          remediation: rule.remediation.text,
          command: rule.remediation.command ?? null,
          reference: `${rule.reference.source}, ${rule.reference.section} ${rule.reference.title}`,
          hasFix: hasFix(rule),
        })),
        ruleFaults: [...faults],
      };
    },
  });
}
