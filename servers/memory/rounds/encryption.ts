import type { MemoryContext } from "../memoryContext.ts";
import { openRow } from "../memoryRow.ts";
import type { MemoryRow } from "../memoryRow.ts";
import type { Query } from "../memoryDatabase.ts";
import type { Round } from "./round.ts";

const everySeconds = 60;
const batch = 100;
const mostBatches = 50;

type Sealed = Pick<MemoryRow, "id" | "memory_id" | "owner" | "content" | "encryption_key_id">;

/**
 * Where encryption is on, puts contents that are plain, or under another key of the ring, under the active one.
 * Rows that no client owns were written by somebody's own statements and stay as they are.
 */
export function encryptionRound({ cipher }: MemoryContext): Round[] {
  if (cipher.activeKey === null) return [];
  return [
    {
      name: "encryption",
      every: everySeconds,
      async run(context, signal) {
        const { database, log } = context;
        let sealed = 0;
        let unreadable = 0;
        let position = "0";
        for (let count = 0; count < mostBatches && !signal.aborted; count += 1) {
          const done = await database.inRound((query) => sealBatch(query, context, position));
          sealed += done.sealed;
          unreadable += done.unreadable;
          if (done.last === undefined) break;
          position = done.last;
        }
        if (sealed + unreadable > 0)
          log.info({ sealed, unreadable, keyId: cipher.activeKey }, "contents encrypted anew");
      },
    },
  ];
}

async function sealBatch(
  query: Query,
  { cipher }: MemoryContext,
  position: string,
): Promise<{ sealed: number; unreadable: number; last: string | undefined }> {
  const rows = await query<Sealed>(
    `SELECT id, memory_id, owner, content, encryption_key_id FROM mcp.memory_items
      WHERE id > $1 AND owner IS NOT NULL AND encryption_key_id IS DISTINCT FROM $2 ORDER BY id LIMIT $3`,
    [position, cipher.activeKey, batch],
  );
  let sealed = 0;
  let unreadable = 0;
  for (const row of rows) {
    const text = openRow(row, cipher);
    if (text === undefined) {
      unreadable += 1;
      continue;
    }
    const { content, keyId } = cipher.seal(text, { memoryId: row.memory_id, owner: row.owner });
    // Only if nobody stored another content meanwhile.
    await query(
      `UPDATE mcp.memory_items SET content = $2, encryption_key_id = $3, content_hash = $4
        WHERE id = $1 AND content = $5 AND encryption_key_id IS NOT DISTINCT FROM $6`,
      [row.id, content, keyId, cipher.hash(text, row.owner), row.content, row.encryption_key_id],
    );
    sealed += 1;
  }
  return { sealed, unreadable, last: rows.length < batch ? undefined : rows.at(-1)!.id };
}
