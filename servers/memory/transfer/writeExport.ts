import { createWriteStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { MemoryContext } from "../memoryContext.ts";
import type { Query } from "../memoryDatabase.ts";
import { exportedColumns, fileName, formatName } from "./exportForm.ts";

const page = 200;

export interface Written {
  readonly file: string;
  readonly memories: number;
  readonly bytes: number;
}

/**
 * Writes all memories that have not expired, as they are at one instant, to a new file that is there as a whole or
 * not at all, and that only the server may read.
 */
export async function writeExport(
  { database, backups, config }: Pick<MemoryContext, "database" | "backups" | "config">,
  signal: AbortSignal,
): Promise<Written> {
  const now = new Date();
  const compressed = config.database.compression;
  const file = fileName(now, compressed);
  await mkdir(backups, { recursive: true, mode: 0o700 });
  const partial = join(backups, `.${file}.part`);
  const count = { memories: 0 };
  try {
    await database.inRound(
      (query) =>
        pipeline(
          Readable.from(lines(query, now, count)),
          compressed ? createGzip() : new PassThrough(),
          createWriteStream(partial, { flags: "wx", mode: 0o600 }),
          { signal },
        ),
      { snapshot: true },
    );
    await sync(partial);
    await rename(partial, join(backups, file));
    await sync(backups);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { file, memories: count.memories, bytes: (await stat(join(backups, file))).size };
}

async function* lines(query: Query, now: Date, count: { memories: number }): AsyncGenerator<string> {
  yield line({ format: formatName, version: 1, exported_at: now.toISOString() });
  for (let position = "0", full = true; full;) {
    const rows = await query<{ position: string }>(
      `SELECT id AS position, ${exportedColumns} FROM mcp.memory_items
        WHERE id > $1 AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP) ORDER BY id LIMIT $2`,
      [position, page],
    );
    for (const { position: _, ...item } of rows) yield line(item);
    count.memories += rows.length;
    position = rows.at(-1)?.position ?? position;
    full = rows.length === page;
  }
  yield line({ end: true, memories: count.memories });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
