import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Place } from "./place.ts";

/** Permissions without those that make a program run as somebody else. */
const ordinaryMode = 0o777;

export interface Replacement {
  /** Where the file is; its handle is what names are made in. */
  readonly folder: Place;
  readonly name: string;
  readonly bytes: Buffer;
  /** The file that is there now, whose permissions and owner are kept; undefined for a new one. */
  readonly before: Stats | undefined;
  readonly signal: AbortSignal;
  /** A last look before the file is replaced; what it throws stops that. */
  readonly confirm?: () => Promise<void>;
}

/**
 * Writes a file as a whole or not at all: beside it, onto the disk, then by one rename in the same folder's handle.
 * What is there under the name is replaced, never written through: a link that appears meanwhile leads nowhere, and
 * a file that has another name elsewhere keeps its content there.
 */
export async function replaceFile({
  folder,
  name,
  bytes,
  before,
  signal,
  confirm,
}: Replacement): Promise<void> {
  const temporary = folder.child(`.kilocode-${randomBytes(8).toString("hex")}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, before ? 0o600 : 0o666);
  try {
    try {
      await writeAll(file, bytes, signal);
      if (before) await keepAttributes(file, before);
      await file.sync();
    } finally {
      await file.close();
    }
    await confirm?.();
    signal.throwIfAborted();
    await rename(temporary, folder.child(name));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

async function writeAll(file: FileHandle, bytes: Buffer, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    signal.throwIfAborted();
    const { bytesWritten } = await file.write(bytes, at, Math.min(1024 ** 2, bytes.length - at));
    at += bytesWritten;
  }
}

async function keepAttributes(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await file.stat();
  // Only root may give files away; for everybody else the new file is theirs.
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid).catch(() => {});
  await file.chmod(mode & ordinaryMode);
}

/** A renamed file is there after a power cut only if its folder is on the disk, too. */
export async function syncFolder(folder: Place): Promise<void> {
  const handle = await open(folder.self, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => undefined);
  // A folder that may be changed but not listed, or a file system without it: the file itself is written.
  await handle?.sync().catch(() => {});
  await handle?.close();
}
