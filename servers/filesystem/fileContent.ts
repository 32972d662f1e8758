import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { sizeText } from "#model/files/schema/units.ts";
import type { ToolError } from "#servers/runtime/tool.ts";
import { placeError } from "./fileErrors.ts";
import type { Place } from "./place.ts";

const chunkBytes = 256 * 1024;

export interface ReadLimits {
  /** Larger files are refused, also those that grow while they are read. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** As the caller wrote it, for messages. */
  readonly path: string;
}

/**
 * The bytes of a regular file.
 *
 * @throws ToolError for everything that is no regular file, without having opened it, and beyond the limit
 */
export async function readContent(place: Place, limits: ReadLimits): Promise<Buffer> {
  const { path, maxBytes } = limits;
  requireFile(place, path);
  if (place.stats.size > maxBytes) throw tooLarge(path, maxBytes, place.stats.size);
  // Through the open place, so that this is the file that was looked at, whatever its name leads to now.
  const handle = await open(place.self, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    return await readUpTo(handle, place.stats.size, limits);
  } finally {
    await handle.close();
  }
}

async function readUpTo(handle: FileHandle, expected: number, limits: ReadLimits): Promise<Buffer> {
  const { maxBytes, signal, path } = limits;
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    signal.throwIfAborted();
    // One byte more than there should be shows the end.
    const wanted = Math.min(chunkBytes, Math.max(expected - total, 0) + 1, maxBytes + 1 - total);
    const chunk = Buffer.allocUnsafe(wanted);
    const { bytesRead } = await handle.read(chunk, 0, wanted);
    if (bytesRead === 0) return Buffer.concat(chunks, total);
    total += bytesRead;
    if (total > maxBytes) throw tooLarge(path, maxBytes);
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

export function requireFile({ stats }: Place, path: string): void {
  if (stats.isFile()) return;
  throw stats.isDirectory()
    ? placeError("EISDIR", path, "is a directory")
    : placeError(
        "not_file",
        path,
        "is neither a file nor a directory; devices, pipes and sockets are not opened",
      );
}

/**
 * The text of a file.
 *
 * @throws ToolError for bytes that are no UTF-8, or that a text does not hold
 */
export function decodeText(bytes: Buffer, path: string): string {
  const refuse = (problem: string): ToolError =>
    placeError("not_text", path, `${problem}; read_media_file returns its bytes`);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw refuse("is UTF-16, not UTF-8");
  if (bytes.includes(0)) throw refuse("holds binary data");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse("is not valid UTF-8");
  }
}

/**
 * The bytes of a text that is to be written.
 *
 * @throws ToolError for text that has no UTF-8, and beyond the limit
 */
export function encodeText(text: string, path: string, maxBytes: number): Buffer {
  if (!text.isWellFormed())
    throw placeError("not_text", path, "is not written: the content is not well-formed Unicode");
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > maxBytes)
    throw placeError(
      "too_large",
      path,
      `is not written: the content has ${bytes.length} bytes; the server writes files up to ${sizeText(maxBytes)} (filesystem.maxFileSize)`,
    );
  return bytes;
}

function tooLarge(path: string, maxBytes: number, size?: number): ToolError {
  const has = size === undefined ? "is larger than it was" : `has ${size} bytes`;
  return placeError(
    "too_large",
    path,
    `${has}; the server reads files up to ${sizeText(maxBytes)} (filesystem.maxFileSize)`,
  );
}
