import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { describeEmbedding, embeddingSchema } from "../embedding/embedder.ts";
import { checkText, queryText, resultCount } from "../input.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { nearest, newest } from "../memorySearch.ts";
import { readTimeExpression } from "../timeExpression.ts";
import type { Period } from "../timeExpression.ts";
import { foundShape, present } from "./answer.ts";

const input = z.object({
  query: queryText().describe(
    "A time, with or without words: 'last week', 'what did we say about ports in May'.",
  ),
  n_results: resultCount(10),
});

const instant = () => orNull(z.string().describe("ISO 8601, UTC."));

const output = z.object({
  ...foundShape,
  period: orNull(
    z
      .object({ from: instant(), to: instant() })
      .describe("The time that was understood, without its end; null: open on that side."),
  ),
  words: z
    .string()
    .describe("What was looked for beside the time; empty: everything of that time, newest first."),
  embedding: embeddingSchema.optional(),
});

export function recallMemory(context: MemoryContext): AnyTool {
  const { config, database, embedder } = context;
  return defineTool({
    name: "recall_memory",
    title: "Recall memories of a time",
    description:
      "Finds memories by when they were stored. Times are UTC. Words beside the time are compared with what memories say; without a time, only they are.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ query: text, n_results }, call) {
      checkText("query", text);
      const { period, words } = readTimeExpression(text, new Date());
      const told = { period: tell(period), words };
      const { client } = call.caller;
      if (words === "") {
        const rows = await database.readAsClient(client, (query) => newest(query, { period }, n_results));
        return { ...present(context, call, rows), ...told };
      }
      const [vector] = await embedder.embed([words], call.signal);
      const rows = await nearest(context, client, { vector: vector!, limit: n_results, filter: { period } });
      // A time that was named says already what is meant; then words only decide on the order.
      const near = rows.filter(
        ({ similarity = 0 }) => period !== undefined || similarity >= config.memory.similarityThreshold,
      );
      return { ...present(context, call, near), ...told, embedding: describeEmbedding(embedder) };
    },
  });
}

function tell(period: Period | undefined): { from: string | null; to: string | null } | null {
  if (!period) return null;
  return { from: period.from?.toISOString() ?? null, to: period.to?.toISOString() ?? null };
}
