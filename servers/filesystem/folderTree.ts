import { codeOf } from "./fileErrors.ts";
import { readEntries } from "./folderEntries.ts";
import type { Entry } from "./folderEntries.ts";
import type { Place } from "./place.ts";
import type { WalkRules } from "./walk.ts";

export interface Found extends Entry {
  /** From the top, with slashes. */
  readonly path: string;
  /** The open folder that it is in. */
  readonly folder: Place;
}

/** Folders that are gone, or that the server may not read. */
const passedOver: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR"]);

export interface TreeOptions {
  readonly rules: WalkRules;
  /** Levels below the top that are looked at. */
  readonly maxDepth: number;
  /** Entries that are looked at in all. */
  readonly most: number;
  readonly signal: AbortSignal;
  /** Called for each entry, a folder before what it holds; false leaves out what is below it, or the rest. */
  readonly visit: (found: Found) => boolean | Promise<boolean>;
  /** Called for a folder that is not gone down into because of its depth. */
  readonly deep?: (path: string) => void;
}

/**
 * Goes down a tree by handles. Links are never gone through, so there is no loop; folders that cannot be read are
 * passed over.
 *
 * @returns whether it ended before the tree did
 */
export async function goDown(top: Place, options: TreeOptions): Promise<boolean> {
  const seen = { count: 0, truncated: false };
  await goInto(top, "", 1, seen, options);
  return seen.truncated;
}

async function goInto(
  folder: Place,
  path: string,
  depth: number,
  seen: { count: number; truncated: boolean },
  options: TreeOptions,
): Promise<void> {
  const { rules, maxDepth, most, signal, visit } = options;
  const left = most - seen.count;
  const { entries, truncated } = await readEntries(folder, rules.boundary, signal, left);
  if (truncated) seen.truncated = true;
  for (const entry of entries) {
    signal.throwIfAborted();
    if (seen.count >= most) {
      seen.truncated = true;
      return;
    }
    seen.count += 1;
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    const enter = await visit({ ...entry, path: below, folder });
    if (!enter || entry.kind !== "directory") continue;
    if (depth >= maxDepth) {
      options.deep?.(below);
      continue;
    }
    await withFolder(folder, entry.name, rules, (inner) => goInto(inner, below, depth + 1, seen, options));
  }
}

async function withFolder(
  around: Place,
  name: string,
  { shield }: WalkRules,
  work: (folder: Place) => Promise<void>,
): Promise<void> {
  const folder = await around.open(name).catch(() => undefined);
  if (!folder) return;
  try {
    if (!folder.stats.isDirectory()) return;
    const entered = folder.stats.dev !== around.stats.dev;
    if (!(await shield.covers(folder.self, folder.stats, entered))) await work(folder);
  } catch (error) {
    if (!passedOver.has(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}
