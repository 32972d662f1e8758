import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { describeEmbedding, embeddingSchema } from "../embedding/embedder.ts";
import type { Embedder } from "../embedding/embedder.ts";
import { keyAges } from "../keyAges.ts";
import type { MemoryContext } from "../memoryContext.ts";
import type { Query } from "../memoryDatabase.ts";
import { listExports } from "../transfer/listExports.ts";

const count = () => z.number().int();
const instant = () => orNull(z.string().describe("ISO 8601, UTC."));

const everybody = z.object({
  memories: count(),
  owners: count().describe("Clients that have memories."),
  unowned: count().describe("Written by statements, not through this server."),
  encrypted: count(),
  without_embedding: count().describe("No search by words finds these; reembed_memories embeds them."),
  keys: z
    .array(
      z.object({
        key_id: z.string(),
        active: z.boolean(),
        first_used_at: z.string(),
        due: z.boolean().describe("Active, and older than keyRotationInterval: rotate it."),
      }),
    )
    .describe("Encryption keys that were ever active."),
  exports: z
    .array(z.object({ file: z.string(), made_at: z.string(), bytes: count() }))
    .describe("The newest 20 files in the folder of exports."),
});

const output = z.object({
  own: z.object({
    memories: count(),
    shared: count().describe("Of these, those that every client may read."),
    accesses: count().describe("How often they were answered."),
    oldest: instant(),
    newest: instant(),
    next_expiry: instant(),
  }),
  shared_by_others: count(),
  limits: z.object({
    max_items: count().describe("Of all clients together."),
    max_size_per_item: count().describe("Bytes of one content."),
    retention_days: count(),
    similarity_threshold: z.number(),
  }),
  encryption: z.boolean().describe("Whether new contents are encrypted."),
  embedding: embeddingSchema,
  other_models: count().describe(
    "Memories of all clients embedded by another model: while there are some, searches by words are refused.",
  ),
  everybody: everybody.optional().describe("For callers who may manage this server."),
});

interface Own {
  readonly memories: number;
  readonly shared: number;
  readonly accesses: string;
  readonly oldest: Date | null;
  readonly newest: Date | null;
  readonly next_expiry: Date | null;
  readonly shared_by_others: number;
}

export function getStats(context: MemoryContext): AnyTool {
  const { config, database, embedder, cipher, models } = context;
  const { maxItems, maxSizePerItem, retentionDays, similarityThreshold } = config.memory;
  return defineTool({
    name: "get_stats",
    title: "Describe the memories",
    description: "Says how many memories there are, what limits hold, and how memories are compared.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({}),
    output,
    async run(_, call) {
      const { own, others } = await database.readAsClient(call.caller.client, async (query) => ({
        own: await countOwn(query, call.caller.client),
        others: await models.others(query),
      }));
      const { shared_by_others, accesses, oldest, newest, next_expiry, ...counts } = own;
      return {
        own: {
          ...counts,
          accesses: Number(accesses),
          oldest: oldest?.toISOString() ?? null,
          newest: newest?.toISOString() ?? null,
          next_expiry: next_expiry?.toISOString() ?? null,
        },
        shared_by_others,
        limits: {
          max_items: maxItems,
          max_size_per_item: maxSizePerItem,
          retention_days: retentionDays,
          similarity_threshold: similarityThreshold,
        },
        encryption: cipher.activeKey !== null,
        embedding: describeEmbedding(embedder),
        other_models: others,
        ...(context.mayManage(call) ? { everybody: await countAll(context, embedder) } : {}),
      };
    },
  });
}

async function countOwn(query: Query, client: string): Promise<Own> {
  const rows = await query<Own>(
    `SELECT count(*) FILTER (WHERE own)::integer AS memories, count(*) FILTER (WHERE own AND shared)::integer AS shared,
        coalesce(sum(access_count) FILTER (WHERE own), 0) AS accesses, min(created_at) FILTER (WHERE own) AS oldest,
        max(created_at) FILTER (WHERE own) AS newest, min(expires_at) FILTER (WHERE own) AS next_expiry,
        count(*) FILTER (WHERE NOT own)::integer AS shared_by_others
       FROM (SELECT *, owner IS NOT DISTINCT FROM $1 AS own FROM mcp.memory_items
              WHERE expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP) AS m`,
    [client],
  );
  return rows[0]!;
}

async function countAll(context: MemoryContext, { model }: Embedder): Promise<z.input<typeof everybody>> {
  const rows = await context.database.inRound((query) =>
    query<Omit<z.input<typeof everybody>, "keys" | "exports">>(
      `SELECT count(*)::integer AS memories, count(DISTINCT owner)::integer AS owners,
          count(*) FILTER (WHERE owner IS NULL)::integer AS unowned,
          count(encryption_key_id)::integer AS encrypted,
          count(*) FILTER (WHERE embedding IS NULL OR embedding_model IS DISTINCT FROM $1)::integer AS without_embedding
         FROM mcp.memory_items`,
      [model],
    ),
  );
  return {
    ...rows[0]!,
    keys: (await keyAges(context)).map((key) => ({ ...key })),
    exports: (await listExports(context.backups)).slice(0, 20).map((each) => ({ ...each })),
  };
}
