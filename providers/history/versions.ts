import { withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";

/** One line of a file's history. */
export interface FileVersion {
  readonly path: string;
  readonly version: number;
  readonly change: "written" | "deleted";
  /** Null: the file was deleted. */
  readonly content: string | null;
  readonly checksum: string;
  readonly changedAt: Date;
  /** Login that wrote it. */
  readonly changedBy: string;
}

/** Paths of all files that were ever recorded. */
export async function recordedPaths(connection: Connection): Promise<string[]> {
  const rows = await withSession(
    connection,
    async (client) =>
      (
        await client.query<{ path: string }>(
          "SELECT DISTINCT file_path AS path FROM configuration_file_versions ORDER BY file_path",
        )
      ).rows,
    { step: "history" },
  );
  return rows.map(({ path }) => path);
}

/** The history of one path, oldest first. */
export async function versionsOf(connection: Connection, path: string): Promise<FileVersion[]> {
  return withSession(
    connection,
    async (client) =>
      (
        await client.query<FileVersion>(
          `SELECT file_path AS path, version, change, content, checksum,
                  changed_at AS "changedAt", changed_by AS "changedBy"
             FROM configuration_file_versions WHERE file_path = $1 ORDER BY id`,
          [path],
        )
      ).rows,
    { step: "history" },
  );
}
