import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { madeAt } from "./exportForm.ts";

export interface Export {
  readonly file: string;
  readonly made_at: string;
  readonly bytes: number;
}

/** The exports of a folder, newest first; none where there is no folder yet. */
export async function listExports(folder: string): Promise<Export[]> {
  const found: Export[] = [];
  for (const file of await names(folder)) {
    const made = madeAt(file);
    if (!made) continue;
    const size = await stat(join(folder, file)).then(
      ({ size: bytes }) => bytes,
      () => undefined,
    );
    if (size !== undefined) found.push({ file, made_at: made.toISOString(), bytes: size });
  }
  return found.toSorted((a, b) => b.made_at.localeCompare(a.made_at));
}

const dayMilliseconds = 86_400_000;

/** Removes exports older than so many days, and what a killed server left half-written a day ago. */
export async function removeOldExports(folder: string, days: number, now: Date): Promise<number> {
  let removed = 0;
  for (const file of await names(folder)) {
    const partial = /^\.(.+)\.part$/.exec(file)?.[1];
    const made = madeAt(partial ?? file);
    const kept = (partial === undefined ? days : 1) * dayMilliseconds;
    if (!made || now.getTime() - made.getTime() <= kept) continue;
    await rm(join(folder, file), { force: true });
    removed += 1;
  }
  return removed;
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
