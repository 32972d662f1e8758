import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { ComplianceDatabase } from "../complianceDatabase.ts";
import { inToolWords } from "../databaseFailure.ts";
import { overallScore, readScores } from "../runs/readResults.ts";

const count = () => z.number().int();

const output = z.object({
  score: orNull(z.number()).describe(
    "Per cent of the latest results that passed; null before the first run.",
  ),
  servers: z.array(
    z.object({
      server: z.string(),
      total: count(),
      passed: count(),
      failed: count(),
      warning: count(),
      error: count().describe("Could not be judged."),
      score: z.number(),
      lastCheck: z.string(),
    }),
  ),
});

export function getScore(database: ComplianceDatabase): AnyTool {
  return defineTool({
    name: "get_score",
    title: "Compliance score",
    description: "Counts the latest result of each rule, by server.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({}),
    output,
    async run() {
      const scores = await inToolWords(() => readScores(database.pool));
      return {
        score: overallScore(scores) ?? null,
        servers: scores.map(({ at, ...score }) => ({ ...score, lastCheck: at.toISOString() })),
      };
    },
  });
}
