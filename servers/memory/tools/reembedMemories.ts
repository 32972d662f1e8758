import { performance } from "node:perf_hooks";
import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { describeEmbedding, embeddingSchema } from "../embedding/embedder.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { openRow } from "../memoryRow.ts";
import type { MemoryRow } from "../memoryRow.ts";
import { refuseUnlessManager } from "../refuseUnlessManager.ts";
import { vectorText } from "../vectorParameter.ts";

const batch = 50;

const input = z.object({
  max_items: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe("Memories at most; default 10000."),
});

const output = z.object({
  embedded: z.number().int(),
  unreadable: z.number().int().describe("Memories whose content does not open; they are left as they are."),
  remaining: z.number().int().describe("Memories still without an embedding of this model: call again."),
  embedding: embeddingSchema,
});

type Waiting = Pick<MemoryRow, "id" | "memory_id" | "owner" | "content" | "encryption_key_id">;

const waiting = "(embedding IS NULL OR embedding_model IS DISTINCT FROM $1)";

/** What is embedded stays so when a call ends early: the next one goes on with the rest. */
export function reembedMemories(context: MemoryContext): AnyTool {
  const { config, database, embedder, models } = context;
  return defineTool({
    name: "reembed_memories",
    title: "Embed memories anew",
    description:
      "Gives every memory that has none an embedding of the model in force, in batches. Needed after the model or the dimension was changed, and after statements that wrote memories directly.",
    permission: "execute",
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    input,
    output,
    async run({ max_items }, call) {
      refuseUnlessManager(context, call);
      await database.inRound((query) => models.column(query));
      // The answer has to be out before the server's time limit.
      const end = performance.now() + 0.6 * config.server.timeout;
      let [embedded, unreadable, position] = [0, 0, "0"];
      while (embedded + unreadable < max_items && performance.now() < end) {
        const limit = Math.min(batch, max_items - embedded - unreadable);
        const rows = await database.inRound((query) =>
          query<Waiting>(
            `SELECT id, memory_id, owner, content, encryption_key_id FROM mcp.memory_items
              WHERE id > $2 AND ${waiting} ORDER BY id LIMIT $3`,
            [embedder.model, position, limit],
          ),
        );
        if (rows.length === 0) break;
        const done = await embedRows(context, rows, call.signal);
        embedded += done;
        unreadable += rows.length - done;
        position = rows.at(-1)!.id;
      }
      const [left] = await database.inRound((query) =>
        query<{ count: string }>(`SELECT count(*) FROM mcp.memory_items WHERE ${waiting}`, [embedder.model]),
      );
      return { embedded, unreadable, remaining: Number(left!.count), embedding: describeEmbedding(embedder) };
    },
  });
}

async function embedRows(
  { database, embedder, cipher }: MemoryContext,
  rows: readonly Waiting[],
  signal: AbortSignal,
): Promise<number> {
  const readable = rows.flatMap((row) => {
    const text = openRow(row, cipher);
    return text === undefined ? [] : [{ row, text }];
  });
  const vectors = await embedder.embed(
    readable.map(({ text }) => text),
    signal,
  );
  // A content that was replaced meanwhile has its own vector already.
  await database.inRound((query) =>
    query(
      `UPDATE mcp.memory_items AS m SET embedding = v.vector::extensions.vector, embedding_model = $1
         FROM unnest($2::bigint[], $3::text[], $4::text[]) AS v (id, content, vector) WHERE m.id = v.id AND m.content = v.content`,
      [
        embedder.model,
        readable.map(({ row }) => row.id),
        readable.map(({ row }) => row.content),
        vectors.map(vectorText),
      ],
    ),
  );
  return readable.length;
}
