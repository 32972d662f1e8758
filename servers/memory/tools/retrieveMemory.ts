import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { describeEmbedding, embeddingSchema } from "../embedding/embedder.ts";
import { checkText, checkTexts, queryText, resultCount, tags, tidyTags } from "../input.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { nearest } from "../memorySearch.ts";
import { foundShape, present } from "./answer.ts";

const input = z.object({
  query: queryText().describe("What is looked for, in words."),
  n_results: resultCount(10),
  tags: tags().optional().describe("Only memories that have all of these."),
  min_similarity: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("In place of the server's threshold; 1 is equal."),
});

const output = z.object({
  ...foundShape,
  threshold: z.number().describe("Similarity that a memory needs to be answered."),
  below_threshold: z.number().int().describe("Nearest memories that were left out for being less similar."),
  embedding: embeddingSchema,
});

export function retrieveMemory(context: MemoryContext): AnyTool {
  const { config, embedder } = context;
  return defineTool({
    name: "retrieve_memory",
    title: "Find memories",
    description: "Finds the memories that are most similar to a query, the best first.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ query: words, n_results, tags: given, min_similarity }, call) {
      checkText("query", words);
      checkTexts("tags", given);
      const wanted = tidyTags(given ?? []);
      const threshold = min_similarity ?? config.memory.similarityThreshold;
      const [vector] = await embedder.embed([words], call.signal);
      const filter = { tags: wanted.length > 0 ? wanted : undefined, match: "all" } as const;
      const rows = await nearest(context, call.caller.client, { vector: vector!, limit: n_results, filter });
      const near = rows.filter(({ similarity = 0 }) => similarity >= threshold);
      return {
        ...present(context, call, near),
        threshold,
        below_threshold: rows.length - near.length,
        embedding: describeEmbedding(embedder),
      };
    },
  });
}
