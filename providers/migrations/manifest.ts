import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One migration: its name is that of its file without suffix, as the table of applied ones records it. */
export interface ManifestEntry {
  readonly name: string;
  /** SHA-256 of the file, hexadecimal; line ends of another platform do not change it. */
  readonly sha256: string;
}

export const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

const fileForm = /^(?<name>\d{4}_[a-z0-9_]+)\.(?:sql|ts)$/;

/**
 * The migrations of a folder in the order in which they run.
 *
 * @throws TypeError for a file that is not called `NNNN_name.sql` or `.ts`, and for two of one number.
 */
export function migrationManifest(folder = migrationsFolder): ManifestEntry[] {
  const files = readdirSync(folder).filter((file) => !file.startsWith("."));
  const entries = files.sort().map((file) => {
    const name = fileForm.exec(file)?.groups?.["name"];
    if (name === undefined) throw new TypeError(`${file} is not called NNNN_name.sql or NNNN_name.ts`);
    const text = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
    return { name, sha256: createHash("sha256").update(text).digest("hex") };
  });
  const twice = entries.find(({ name }, index) => entries[index - 1]?.name.slice(0, 4) === name.slice(0, 4));
  if (twice !== undefined) throw new TypeError(`two migrations have the number of ${twice.name}`);
  return entries;
}
