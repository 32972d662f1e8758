import type { MemoryContext } from "../memoryContext.ts";
import type { Query } from "../memoryDatabase.ts";
import { ContentRefused } from "../contentCipher.ts";
import type { ExportedItem } from "./exportForm.ts";
import { readExport, refused } from "./readExport.ts";

const page = 100;

export interface Imported {
  /** Memories of the export that have not expired. */
  readonly read: number;
  readonly restored: number;
  /** Left out because their time was over. */
  readonly expired: number;
  /** Restored, but without their embedding, as the column takes another dimension. */
  readonly withoutEmbedding: number;
}

/**
 * Restores the memories of an export that are not there. Those that are there stay as they are, so that the same
 * import again changes nothing. The whole file is checked first, each content by opening it.
 *
 * @throws ToolError naming the line that is wrong; nothing is changed then
 */
export async function importExport(context: MemoryContext, file: string): Promise<Imported> {
  const { config, database, backups, embedder } = context;
  // Base64 and JSON's escapes make a content longer; a vector takes 25 characters per number.
  const maxLineBytes = 8 * config.memory.maxSizePerItem + 25 * 4000 + 10_000_000;
  for await (const { number, item } of readExport(backups, file, maxLineBytes)) check(context, number, item);

  return database.inRound(async (query) => {
    let [read, restored, expired, withoutEmbedding] = [0, 0, 0, 0];
    let items: ExportedItem[] = [];
    const flush = async (): Promise<void> => {
      const added = await insert(query, items);
      restored += added.length;
      withoutEmbedding += added.filter((row) => row.bare).length;
      items = [];
    };
    const now = Date.now();
    for await (const { item } of readExport(backups, file, maxLineBytes)) {
      if (item.expires_at !== null && Date.parse(item.expires_at) <= now) {
        expired += 1;
        continue;
      }
      read += 1;
      items.push(
        dimensionOf(item) === embedder.dimension ? item : { ...item, embedding: null, embedding_model: null },
      );
      if (items.length === page) await flush();
    }
    await flush();
    return { read, restored, expired, withoutEmbedding };
  });
}

/** What the database would refuse, or nobody could open afterwards, is refused before anything is written. */
function check({ cipher }: MemoryContext, number: number, item: ExportedItem): void {
  try {
    cipher.open(
      { content: item.content, keyId: item.encryption_key_id },
      { memoryId: item.memory_id, owner: item.owner },
    );
  } catch (error) {
    if (error instanceof ContentRefused)
      throw refused(number, `has a content that does not open: ${error.message}`);
    throw error;
  }
  const texts = [
    item.memory_id,
    item.content,
    item.owner ?? "",
    ...(item.tags ?? []),
    JSON.stringify(item.metadata),
  ];
  if (
    texts.some((text) => text.includes("\0") || text.includes(String.raw`\u0000`) || !text.isWellFormed())
  ) {
    throw refused(number, "has text that is not Unicode without null characters");
  }
  const vector = item.embedding === null ? [] : item.embedding.slice(1, -1).split(",").map(Number);
  if (!vector.every((each) => Number.isFinite(each)))
    throw refused(number, "has an embedding that is no vector");
}

function dimensionOf({ embedding }: ExportedItem): number {
  return embedding === null ? 0 : embedding.split(",").length;
}

function insert(query: Query, items: readonly ExportedItem[]): Promise<{ bare: boolean }[]> {
  return query<{ bare: boolean }>(
    `INSERT INTO mcp.memory_items (memory_id, owner, shared, content, encryption_key_id, content_hash, tags, metadata,
        created_at, expires_at, access_count, last_accessed, embedding, embedding_model)
      SELECT memory_id, owner, shared, content, encryption_key_id, content_hash, tags, metadata, created_at, expires_at,
        access_count, last_accessed, embedding::extensions.vector, embedding_model
      FROM jsonb_to_recordset($1::jsonb) AS item (memory_id text, owner text, shared boolean, content text,
        encryption_key_id text, content_hash text, tags text[], metadata jsonb, created_at timestamptz,
        expires_at timestamptz, access_count integer, last_accessed timestamptz, embedding text, embedding_model text)
      ON CONFLICT (memory_id) DO NOTHING
      RETURNING embedding IS NULL AS bare`,
    [JSON.stringify(items)],
  );
}
