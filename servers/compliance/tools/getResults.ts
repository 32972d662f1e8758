import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { ComplianceDatabase } from "../complianceDatabase.ts";
import { inToolWords } from "../databaseFailure.ts";
import { readResults } from "../runs/readResults.ts";
import { ruleId, serverName, status } from "./answers.ts";

const input = z.object({
  run: z.string().min(1).max(100).optional().describe("Of one run; default the latest result of each rule."),
  rules: z.array(ruleId).min(1).max(200).optional(),
  servers: z.array(serverName).min(1).max(5).optional(),
  statuses: z.array(status).min(1).max(4).optional(),
  limit: z.number().int().min(1).max(1000).optional().describe("Default 500."),
});

const output = z.object({
  results: z.array(
    z.object({
      run: z.string(),
      rule: z.string(),
      name: z.string(),
      server: z.string(),
      status,
      message: z.string(),
      remediation: orNull(z.string()),
      command: orNull(z.string()),
      hasFix: z.boolean(),
      approvedBy: orNull(z.string()).describe("Who approved a fix of it."),
      at: z.string(),
    }),
  ),
  truncated: z.boolean(),
});

const usualLimit = 500;

export function getResults(database: ComplianceDatabase): AnyTool {
  return defineTool({
    name: "get_results",
    title: "Results of checks",
    description: "Answers recorded results: failed ones first, then those that could not be judged.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ run, rules, servers, statuses, limit = usualLimit }) {
      const rows = await inToolWords(() =>
        readResults(database.pool, { run, rules, servers, statuses, limit: limit + 1 }),
      );
      return {
        results: rows.slice(0, limit).map((row) => ({
          run: row.run,
          rule: row.rule,
          name: row.name,
          server: row.server,
          status: row.status,
          message: row.message,
          remediation: row.description,
          command: row.command,
          hasFix: row.fix,
          approvedBy: row.approvedBy,
          at: row.at.toISOString(),
        })),
        truncated: rows.length > limit,
      };
    },
  });
}
