import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { inTransaction, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";

export interface HistoryInputs {
  /** Login of the provisioner. */
  readonly connection: Connection;
  /** Path in the containers to text, with references where a secret belongs. */
  readonly files: Readonly<Record<string, string>>;
  /** Files outside this folder are somebody else's and are left alone, such as `/etc/kilocode/`. */
  readonly folder: string;
  /** Identity of the database cluster: with another one everything is recorded anew. */
  readonly systemIdentifier: string;
}

/** SHA-256 of the text in lower-case hex. */
export function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Records each file that differs from its last recorded version; the database counts versions and keeps old ones.
 * A file that is no longer rendered is deleted, which the database records, too.
 *
 * @throws Fault DATABASE_UNREACHABLE, DATABASE_REFUSED
 */
export async function record(inputs: HistoryInputs): Promise<void> {
  await withLockedSession(
    inputs.connection,
    (client) =>
      inTransaction(client, async () => {
        for (const [path, text] of Object.entries(inputs.files)) await write(client, path, text);
        await client.query(
          `DELETE FROM configuration_files
            WHERE is_active AND starts_with(file_path, $1) AND NOT (file_path = ANY ($2))`,
          [inputs.folder, Object.keys(inputs.files)],
        );
      }),
    { step: "history" },
  );
}

async function write(client: Client, path: string, text: string): Promise<void> {
  await client.query(
    `INSERT INTO configuration_files AS f (file_path, file_name, file_type, content, checksum)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (file_path) DO UPDATE SET
       file_name = excluded.file_name, file_type = excluded.file_type, content = excluded.content,
       checksum = excluded.checksum, is_active = true
     WHERE (f.file_name, f.file_type, f.content, f.checksum, f.is_active)
       IS DISTINCT FROM (excluded.file_name, excluded.file_type, excluded.content, excluded.checksum, true)`,
    [path, basename(path), typeOf(path), text, checksum(text)],
  );
}

/** `json`, `env` or `conf`. */
function typeOf(path: string): string {
  return basename(path) === ".env" ? "env" : extname(path).slice(1);
}

export function changes(olds: HistoryInputs, news: HistoryInputs): { changes: boolean } {
  const keys = ["connection", "files", "folder", "systemIdentifier"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** The inputs as the table has them; as they were where the server does not answer. */
export async function observe(inputs: HistoryInputs): Promise<HistoryInputs> {
  try {
    const rows = await withSession(inputs.connection, (client) => activeFiles(client, inputs.folder), {
      step: "history",
    });
    return { ...inputs, files: Object.fromEntries(rows.map(({ path, content }) => [path, content])) };
  } catch (error) {
    if (error instanceof Fault && error.code === "DATABASE_UNREACHABLE") return inputs;
    throw error;
  }
}

/** A row whose checksum is not that of its content is not as it was recorded, whatever its content. */
async function activeFiles(client: Client, folder: string): Promise<{ path: string; content: string }[]> {
  const { rows } = await client.query<{ path: string; content: string }>(
    `SELECT file_path AS path,
            CASE WHEN checksum = encode(sha256(convert_to(content, 'UTF8')), 'hex') THEN content
                 ELSE '(its checksum is another)' END AS content
       FROM configuration_files WHERE is_active AND starts_with(file_path, $1) ORDER BY file_path`,
    [folder],
  );
  return rows;
}
