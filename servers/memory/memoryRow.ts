import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { ContentRefused } from "./contentCipher.ts";
import type { ContentCipher } from "./contentCipher.ts";

/** Columns that an answer is made from. */
export const columns =
  "id, memory_id, owner, shared, content, encryption_key_id, tags, metadata, created_at, expires_at, access_count";

export interface MemoryRow {
  readonly id: string;
  readonly memory_id: string;
  readonly owner: string | null;
  readonly shared: boolean;
  readonly content: string;
  readonly encryption_key_id: string | null;
  readonly tags: readonly string[] | null;
  readonly metadata: unknown;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly access_count: number;
  /** Cosine similarity, 1 is equal; of a search by vector. */
  readonly similarity?: number;
}

/** `additionalProperties: true`, which more clients understand than the empty schema. */
export const anyObject = () => z.looseObject({}).meta({ additionalProperties: true });

export const memorySchema = z.object({
  memory_id: z.string(),
  content: z.string(),
  tags: z.array(z.string()),
  metadata: anyObject(),
  created_at: z.string().describe("ISO 8601, UTC."),
  expires_at: orNull(z.string().describe("ISO 8601, UTC.")),
  own: z.boolean().describe("Whether you stored it; another client shared it otherwise."),
  shared: z.boolean().describe("Whether every client may read it."),
  similarity: z.number().optional().describe("Cosine similarity to the query; 1 is equal."),
});
export type Memory = z.input<typeof memorySchema>;

/** Bytes of content that one answer carries at most. */
const maxAnswerBytes = 4 * 1024 ** 2;

export interface Memories {
  readonly memories: Memory[];
  /** Ids, in the database, of those in the answer. */
  readonly ids: readonly string[];
  /** Memories that do not open: their key is missing, or somebody changed them in the database. */
  readonly unreadable: readonly string[];
  /** Whether the answer became too large for all of them. */
  readonly truncated: boolean;
}

/** Rows as their reader is told of them. */
export function toMemories(rows: readonly MemoryRow[], client: string, cipher: ContentCipher): Memories {
  const memories: Memory[] = [];
  const ids: string[] = [];
  const unreadable: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const content = openRow(row, cipher);
    if (content === undefined) {
      unreadable.push(row.memory_id);
      continue;
    }
    bytes += content.length;
    if (bytes > maxAnswerBytes && memories.length > 0) return { memories, ids, unreadable, truncated: true };
    memories.push(toMemory(row, content, client));
    ids.push(row.id);
  }
  return { memories, ids, unreadable, truncated: false };
}

/** The content in clear; undefined if it does not open. */
export function openRow(
  row: Pick<MemoryRow, "content" | "encryption_key_id" | "memory_id" | "owner">,
  cipher: ContentCipher,
): string | undefined {
  try {
    const place = { memoryId: row.memory_id, owner: row.owner };
    return cipher.open({ content: row.content, keyId: row.encryption_key_id }, place);
  } catch (error) {
    if (error instanceof ContentRefused) return undefined;
    throw error;
  }
}

function toMemory(row: MemoryRow, content: string, client: string): Memory {
  return {
    memory_id: row.memory_id,
    content,
    tags: [...(row.tags ?? [])],
    metadata: isObject(row.metadata) ? row.metadata : {},
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    own: row.owner === client,
    shared: row.shared,
    ...(row.similarity === undefined ? {} : { similarity: Math.round(row.similarity * 10_000) / 10_000 }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
