import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { link, mkdir, open, rename, rmdir, unlink } from "node:fs/promises";
import { codeOf, placeError } from "./fileErrors.ts";
import type { Place } from "./place.ts";
import { syncFolder } from "./replaceFile.ts";

export interface Move {
  readonly from: {
    readonly folder: Place;
    readonly name: string;
    readonly stats: Stats;
    readonly path: string;
  };
  readonly to: { readonly folder: Place; readonly name: string; readonly path: string };
}

/** What a file system answers that has no second names for a file. */
const withoutLinks: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
]);

/**
 * Moves a file or a folder to a name that must be free. `rename` would replace what appears there in the last
 * moment, so the new name is taken first, by a call that fails if there is anything.
 *
 * @throws EEXIST where the name is not free
 */
export async function moveEntry(move: Move): Promise<void> {
  if (move.from.stats.isDirectory()) await moveFolder(move);
  else await moveFile(move);
  await syncFolder(move.to.folder);
  await syncFolder(move.from.folder);
}

async function moveFolder({ from, to }: Move): Promise<void> {
  const [source, target] = [from.folder.child(from.name), to.folder.child(to.name)];
  await mkdir(target);
  try {
    // Replaces an empty folder only, and so no other than this one.
    await rename(source, target);
  } catch (error) {
    await rmdir(target).catch(() => {});
    throw error;
  }
}

async function moveFile({ from, to }: Move): Promise<void> {
  const [source, target] = [from.folder.child(from.name), to.folder.child(to.name)];
  try {
    await link(source, target);
  } catch (error) {
    if (!withoutLinks.has(codeOf(error))) throw error;
    return moveBehindPlaceholder(source, target);
  }
  await unlessSwapped({ from, to });
  await unlink(source);
}

/** What got the new name is what was looked at, or the new name goes again. */
async function unlessSwapped({ from, to }: Move): Promise<void> {
  const moved = await to.folder.open(to.name);
  const { dev, ino } = moved.stats;
  await moved.close();
  if (dev === from.stats.dev && ino === from.stats.ino) return;
  await unlink(to.folder.child(to.name)).catch(() => {});
  throw placeError("ELOOP", from.path, "was changed meanwhile; try again");
}

async function moveBehindPlaceholder(source: string, target: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  await (await open(target, flags, 0o600)).close();
  try {
    await rename(source, target);
  } catch (error) {
    await unlink(target).catch(() => {});
    throw error;
  }
}
