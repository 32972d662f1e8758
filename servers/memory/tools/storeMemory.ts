import { randomUUID } from "node:crypto";
import { DatabaseError } from "pg";
import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { describeEmbedding, embeddingSchema } from "../embedding/embedder.ts";
import {
  checkMetadata,
  checkText,
  checkTexts,
  futureInstant,
  memoryId as idInput,
  tags,
  tidyTags,
} from "../input.ts";
import type { MemoryContext } from "../memoryContext.ts";
import type { Query } from "../memoryDatabase.ts";
import { anyObject } from "../memoryRow.ts";
import { vectorBytes } from "../vectorParameter.ts";

const input = z.object({
  content: z.string().min(1).describe("What is to be remembered."),
  tags: tags().optional().describe("Words to find it by."),
  metadata: anyObject().optional().describe("Anything else about it, as JSON."),
  expires_at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("When it is forgotten, ISO 8601. Default: after the server's retention."),
  memory_id: idInput()
    .optional()
    .describe("A name of your own. One that you used before replaces that memory."),
  shared: z
    .boolean()
    .default(false)
    .describe("Whether every client of this server may read it; default false."),
});

const output = z.object({
  memory_id: z.string(),
  replaced: z.boolean().describe("Whether a memory of yours with this id was there before."),
  tags: z.array(z.string()),
  expires_at: z.string(),
  shared: z.boolean(),
  encrypted: z.boolean().describe("Whether the content is encrypted in the database."),
  evicted: z.number().int().describe("Memories, used least, that were removed to make room."),
  embedding: embeddingSchema,
});

interface Row {
  readonly memoryId: string;
  readonly owner: string;
  readonly shared: boolean;
  readonly content: string;
  readonly keyId: string | null;
  readonly hash: string;
  readonly tags: readonly string[];
  readonly metadata: Record<string, unknown>;
  readonly expires: Date;
  readonly vector: readonly number[];
  readonly model: string;
}

export function storeMemory(context: MemoryContext): AnyTool {
  const { config, database, cipher, embedder, models, room } = context;
  const { maxSizePerItem, defaultTags, retentionDays } = config.memory;
  return defineTool({
    name: "store_memory",
    title: "Remember something",
    description: "Stores a text, so that it can be found again by what it says, by time and by tags.",
    permission: "write",
    audit: { record: ["memory_id"], resource: ({ memory_id }) => memory_id },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    input,
    output,
    async run({ content, tags: given, metadata = {}, expires_at, memory_id, shared }, { caller, signal }) {
      checkText("content", content);
      checkTexts("tags", given);
      checkText("memory_id", memory_id ?? "");
      checkMetadata(metadata);
      const bytes = Buffer.byteLength(content);
      if (bytes > maxSizePerItem) {
        throw new ToolError(
          "size",
          `content has ${bytes} bytes; at most ${maxSizePerItem} are kept. Store it in parts.`,
        );
      }
      const now = new Date();
      const expires =
        expires_at === undefined ? after(now, retentionDays) : futureInstant("expires_at", expires_at, now);
      const own = tidyTags(given ?? []);
      const memoryId = memory_id ?? `mem_${randomUUID()}`;
      const place = { memoryId, owner: caller.client };
      const [vector] = await embedder.embed([content], signal);
      const row: Row = {
        ...place,
        shared,
        ...cipher.seal(content, place),
        hash: cipher.hash(content, caller.client),
        tags: own.length > 0 ? own : tidyTags(defaultTags),
        metadata,
        expires,
        vector: vector!,
        model: embedder.model,
      };
      const { id, replaced } = await database.asClient(caller.client, async (query) => {
        await models.column(query);
        return put(query, row);
      });
      return {
        memory_id: memoryId,
        replaced,
        tags: [...row.tags],
        expires_at: expires.toISOString(),
        shared,
        encrypted: row.keyId !== null,
        evicted: replaced ? 0 : await room.make(id),
        embedding: describeEmbedding(embedder),
      };
    },
  });
}

/** Row-level security lets a client replace its own memory only; another's id is taken like any other. */
async function put(query: Query, row: Row): Promise<{ id: string; replaced: boolean }> {
  const values = [
    row.memoryId,
    row.content,
    row.keyId,
    row.hash,
    row.tags,
    JSON.stringify(row.metadata),
    row.expires,
    row.shared,
    vectorBytes(row.vector),
    row.model,
  ];
  const updated = await query<{ id: string }>(
    `UPDATE mcp.memory_items SET content = $2, encryption_key_id = $3, content_hash = $4, tags = $5, metadata = $6,
        expires_at = $7, shared = $8, embedding = $9::extensions.vector, embedding_model = $10
      WHERE memory_id = $1 AND owner = $11 RETURNING id`,
    [...values, row.owner],
  );
  if (updated[0]) return { id: updated[0].id, replaced: true };
  try {
    const added = await query<{ id: string }>(
      `INSERT INTO mcp.memory_items (memory_id, content, encryption_key_id, content_hash, tags, metadata, expires_at,
          shared, embedding, embedding_model, owner)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::extensions.vector, $10, $11) RETURNING id`,
      [...values, row.owner],
    );
    return { id: added[0]!.id, replaced: false };
  } catch (error) {
    if (error instanceof DatabaseError && error.code === "23505") {
      throw new ToolError("taken", "This memory_id is taken. Choose another, or leave it out.", {
        cause: error,
      });
    }
    throw error;
  }
}

function after(now: Date, days: number): Date {
  return new Date(now.getTime() + days * 86_400_000);
}
