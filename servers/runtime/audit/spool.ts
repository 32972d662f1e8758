import { constants, fdatasync, fsync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { closeSync, readdirSync, statSync, writeSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SpoolFull } from "./auditor.ts";
import { decodeRecords, encodeRecord } from "./segment.ts";

const syncData = promisify(fdatasync);
const syncFolder = promisify(fsync);

/** A segment that reaches this is ended; so much may be sent again after a kill, which the database notices. */
const mostSegmentBytes = 1024 * 1024;
/** After the disk refused something it is tried again. */
const retryMilliseconds = 1000;

export interface SpoolOptions {
  /** Most bytes of all segments. */
  readonly capacityBytes: number;
  /** Told once for each segment that cannot be read to its end. */
  readonly onDamage: (segment: string) => void;
}

interface Segment {
  readonly path: string;
  /** Bytes that lie in it. */
  bytes: number;
  /** Bytes that are surely on the disk. */
  synced: number;
  /** Bytes that the database has. */
  delivered: number;
  /** Open while this process adds to it, and until the disk has it. */
  descriptor: number | undefined;
}

/** Records that the database does not have. */
export interface SpoolBatch {
  readonly texts: readonly string[];
  /** Says that it has them now. */
  delivered(): Promise<void>;
}

/**
 * Records on disk that the database does not have yet, in segments that are only added to. A record is with the
 * operating system when `append` returns, so that a killed process loses none, and on the disk when `synced`
 * resolves, so that a machine that loses power loses none. Nothing is deleted before it was delivered.
 *
 * One process at a time works with a folder.
 */
export class Spool {
  readonly #folder: string;
  readonly #folderDescriptor: number;
  readonly #options: SpoolOptions;
  /** Oldest first; the last one takes what is added. */
  readonly #segments: Segment[] = [];
  #nextNumber = 1;
  #bytes = 0;
  #damaged = 0;
  #failure: { readonly reason: string; readonly until: number } | undefined;
  #folderChanged = false;
  #syncing: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | undefined;

  /** @throws what the file system says when the folder cannot be made or read */
  constructor(folder: string, options: SpoolOptions) {
    this.#folder = folder;
    this.#options = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder).sort()) {
      const [, number] = /^(\d{10})\.segment/.exec(name) ?? [];
      if (number === undefined) continue;
      this.#nextNumber = Number(number) + 1;
      if (!name.endsWith(".segment")) continue;
      const path = join(folder, name);
      const bytes = statSync(path).size;
      this.#segments.push({ path, bytes, synced: bytes, delivered: 0, descriptor: undefined });
      this.#bytes += bytes;
    }
    this.#folderDescriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  get waitingBytes(): number {
    return this.#segments.reduce((sum, { bytes, delivered }) => sum + bytes - delivered, 0);
  }

  get damagedSegments(): number {
    return this.#damaged;
  }

  /** Why so many bytes cannot be added now, if so. */
  refusal(bytes: number): string | undefined {
    if (this.#bytes + bytes > this.#options.capacityBytes)
      return "the spool is full, because the database has taken nothing for long";
    return this.#failure && performance.now() < this.#failure.until ? this.#failure.reason : undefined;
  }

  /** @throws SpoolFull */
  append(text: string): void {
    const record = encodeRecord(text);
    const refusal = this.refusal(record.length);
    if (refusal !== undefined) throw new SpoolFull(refusal);
    try {
      const segment = this.#current();
      if (writeSync(segment.descriptor, record) < record.length) {
        ftruncateSync(segment.descriptor, segment.bytes);
        throw Object.assign(new Error("cut short"), { code: "ENOSPC" });
      }
      segment.bytes += record.length;
      this.#bytes += record.length;
    } catch (cause) {
      throw this.#failed("the spool cannot be written", cause);
    }
  }

  /**
   * Resolves when everything appended so far is on the disk. Calls that come while the disk is at work share the
   * next turn.
   *
   * @throws SpoolFull when the disk does not confirm
   */
  synced(): Promise<void> {
    this.#nextSync ??= this.#syncing
      .catch(() => {})
      .then(() => {
        this.#syncing = this.#nextSync!;
        this.#nextSync = undefined;
        return this.#sync();
      });
    return this.#nextSync;
  }

  /** The oldest records that the database does not have, `most` at most; undefined when it has all. */
  async next(most: number): Promise<SpoolBatch | undefined> {
    for (let segment = this.#segments[0]; segment; segment = this.#segments[0]) {
      if (segment.delivered < segment.bytes) {
        const content = await readRange(segment.path, segment.delivered, segment.bytes);
        const { texts, end, rest } = decodeRecords(content, 0, most);
        if (texts.length > 0) {
          const until = segment.delivered + end;
          const read = segment;
          return { texts, delivered: () => this.#delivered(read, until) };
        }
        // A record cut short was never acknowledged; anything else is kept for people to look at.
        if (rest === "damaged") await this.#setAside(segment);
        else segment.delivered = segment.bytes;
      }
      if (this.#takesMore(segment)) return undefined;
      await this.#remove(segment);
    }
    return undefined;
  }

  /** What was delivered is removed. */
  async close(): Promise<void> {
    await this.#nextSync?.catch(() => {});
    await this.#syncing.catch(() => {});
    for (const segment of this.#segments.slice())
      if (segment.delivered === segment.bytes) await this.#remove(segment);
    this.#segments.forEach(endSegment);
    closeSync(this.#folderDescriptor);
  }

  async #sync(): Promise<void> {
    try {
      if (this.#folderChanged) {
        this.#folderChanged = false;
        await syncFolder(this.#folderDescriptor);
      }
      for (const segment of this.#segments.slice()) {
        const { bytes, descriptor } = segment;
        if (descriptor === undefined || segment.synced === bytes) continue;
        await syncData(descriptor);
        segment.synced = bytes;
      }
    } catch (cause) {
      throw this.#failed("the disk does not confirm the spool", cause);
    }
  }

  #current(): Segment & { descriptor: number } {
    const last = this.#segments.at(-1);
    if (last && this.#takesMore(last)) return last as Segment & { descriptor: number };
    const path = join(this.#folder, `${String(this.#nextNumber).padStart(10, "0")}.segment`);
    const segment = { path, bytes: 0, synced: 0, delivered: 0, descriptor: openSync(path, "ax", 0o600) };
    this.#nextNumber += 1;
    this.#folderChanged = true;
    this.#segments.push(segment);
    return segment;
  }

  #takesMore({ descriptor, bytes }: Segment): boolean {
    return descriptor !== undefined && bytes < Math.min(mostSegmentBytes, this.#options.capacityBytes / 8);
  }

  async #delivered(segment: Segment, until: number): Promise<void> {
    segment.delivered = until;
    if (until === segment.bytes && !this.#takesMore(segment)) await this.#remove(segment);
  }

  async #remove(segment: Segment): Promise<void> {
    await this.#forget(segment);
    await rm(segment.path, { force: true });
  }

  async #setAside(segment: Segment): Promise<void> {
    this.#damaged += 1;
    await this.#forget(segment);
    await rename(segment.path, `${segment.path}.damaged`);
    this.#options.onDamage(segment.path);
  }

  async #forget(segment: Segment): Promise<void> {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#bytes -= segment.bytes;
    // The disk may be at work on this descriptor; it is no longer asked to.
    await this.#syncing.catch(() => {});
    endSegment(segment);
  }

  #failed(what: string, cause: unknown): SpoolFull {
    const { code } = cause as { code?: unknown };
    const reason = typeof code === "string" ? `${what} (${code})` : what;
    this.#failure = { reason, until: performance.now() + retryMilliseconds };
    return new SpoolFull(reason, { cause });
  }
}

function endSegment(segment: Segment): void {
  if (segment.descriptor !== undefined) closeSync(segment.descriptor);
  segment.descriptor = undefined;
}

async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
