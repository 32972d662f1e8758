import type { Dirent, Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import type { Boundary } from "./boundary.ts";
import type { Place } from "./place.ts";

export const entryKinds = ["file", "directory", "symlink", "other"] as const;
/** `other`: devices, pipes and sockets, which are never opened. */
export type EntryKind = (typeof entryKinds)[number];

export interface Entry {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface Entries {
  /** By name. */
  readonly entries: readonly Entry[];
  /** Whether the folder holds more. */
  readonly truncated: boolean;
}

/** Entries that one folder or one tree is read up to; a folder can hold millions. */
export const mostEntries = 10_000;

/** What a folder holds and the caller may see. */
export async function readEntries(
  folder: Place,
  boundary: Boundary,
  signal: AbortSignal,
  most = mostEntries,
): Promise<Entries> {
  const entries: Entry[] = [];
  let truncated = false;
  const directory = await opendir(folder.self, { bufferSize: 512 });
  try {
    for (let entry = await directory.read(); entry !== null; entry = await directory.read()) {
      signal.throwIfAborted();
      if (!isSeen(entry.name, folder, boundary)) continue;
      if (entries.length >= most) {
        truncated = true;
        break;
      }
      entries.push({ name: entry.name, kind: kindOf(entry) });
    }
  } finally {
    await directory.close();
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { entries, truncated };
}

/** Attributes of a name itself; undefined if it is gone. */
export async function attributesOf(folder: Place, name: string): Promise<Stats | undefined> {
  return lstat(folder.child(name)).catch(() => undefined);
}

export function kindOf(entry: Pick<Dirent | Stats, "isFile" | "isDirectory" | "isSymbolicLink">): EntryKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "symlink" : "other";
}

function isSeen(name: string, folder: Place, boundary: Boundary): boolean {
  if (!name.startsWith(".")) return true;
  const standing = boundary.standing([...folder.parts, name]);
  return standing === "inside" || standing === "above";
}
