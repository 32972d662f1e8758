import type { Stats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import type { PathParts } from "./pathParts.ts";

/** Linux's `O_PATH`: a handle to the place itself, which opens neither a device nor waits for a pipe. */
const onlyPlace = 0o10000000;

/** An open place. Its handle keeps it, whatever happens to its name. */
export class Place {
  readonly parts: PathParts;
  readonly handle: FileHandle;
  readonly stats: Stats;

  constructor(parts: PathParts, handle: FileHandle, stats: Stats) {
    this.parts = parts;
    this.handle = handle;
    this.stats = stats;
  }

  /** The root, from which every walk starts. */
  static root(): Promise<Place> {
    return openPlace("/", []);
  }

  get name(): string {
    return this.parts.at(-1) ?? "/";
  }

  /** A path of the system that leads to this very place. */
  get self(): string {
    return `/proc/self/fd/${this.handle.fd}`;
  }

  /** A path of the system for a name in this folder; only its last part can still change. */
  child(name: string): string {
    return `${this.self}/${name}`;
  }

  /** Opens a name in this folder, also a link itself, without going anywhere. */
  open(name: string): Promise<Place> {
    return openPlace(this.child(name), [...this.parts, name]);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function openPlace(path: string, parts: PathParts): Promise<Place> {
  const handle = await open(path, onlyPlace | constants.O_NOFOLLOW);
  try {
    return new Place(parts, handle, await handle.stat());
  } catch (error) {
    await handle.close();
    throw error;
  }
}
