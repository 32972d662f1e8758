import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export interface RotationLimits {
  /** Bytes from which the file is rotated. */
  readonly maxSize: number;
  /** Rotated files that are kept: `x.log.1` is the youngest. */
  readonly maxFiles: number;
  /** Whether they are compressed, and so called `x.log.1.gz`. */
  readonly compress: boolean;
}

/** A file that cannot be written is tried again after this time. */
const retryMilliseconds = 5000;

/**
 * A log file that rotates by size. Each line is handed to the operating system before `write` returns, so that a
 * process that dies loses none; only compressing goes on behind. Writers of this kind in the libraries keep lines
 * in the process.
 */
export class RotatingFile {
  readonly path: string;
  #limits: RotationLimits;
  #descriptor: number | undefined;
  #size = 0;
  /** The last line was cut off, because the disk was full: the next one begins a new line. */
  #torn = false;
  #retryAt = 0;
  #problem: string | undefined;
  #compressing: Promise<void> = Promise.resolve();
  readonly #now: () => number;

  constructor(path: string, limits: RotationLimits, now: () => number = () => performance.now()) {
    this.path = path;
    this.#limits = limits;
    this.#now = now;
  }

  /** Code of the error for which the last line could not be written, such as `ENOSPC`. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** True: the line is in the file. False: it is not, and `problem` says why. */
  write(line: string): boolean {
    if (this.#problem !== undefined && this.#now() < this.#retryAt) return false;
    try {
      const bytes = Buffer.from(line);
      if (this.#descriptor === undefined) this.#open();
      if (this.#size > 0 && this.#size + bytes.length > this.#limits.maxSize) this.#rotate();
      this.#append(bytes);
      this.#problem = undefined;
      return true;
    } catch (error) {
      this.#problem = (error as NodeJS.ErrnoException).code ?? "failed";
      this.#retryAt = this.#now() + retryMilliseconds;
      this.#release();
      return false;
    }
  }

  get limits(): RotationLimits {
    return this.#limits;
  }

  limit(limits: RotationLimits): void {
    this.#limits = limits;
  }

  /** Resolves when rotated files are compressed. */
  async close(): Promise<void> {
    this.#release();
    await this.#compressing;
  }

  #open(): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(this.path, "a", 0o600);
    this.#size = fstatSync(this.#descriptor).size;
  }

  #append(bytes: Buffer): void {
    const whole = this.#torn ? Buffer.concat([Buffer.from("\n"), bytes]) : bytes;
    let done = 0;
    try {
      while (done < whole.length) done += writeSync(this.#descriptor!, whole, done);
      this.#torn = false;
    } finally {
      this.#size += done;
      if (done > 0 && done < whole.length) this.#torn = true;
    }
  }

  /** `x.log` becomes `x.log.1`, which was made `x.log.2` before, and so on; what is too many goes. */
  #rotate(): void {
    this.#release();
    for (const { path, number } of this.#rotated().toReversed()) {
      if (number >= this.#limits.maxFiles) rmSync(path, { force: true });
      else renameSync(path, path.replace(/\.\d+(\.gz)?$/, `.${number + 1}$1`));
    }
    const first = `${this.path}.1`;
    renameSync(this.path, first);
    this.#open();
    if (this.#limits.compress) this.#compressing = this.#compressing.then(() => this.#compressAll());
  }

  /** Rotated files, the youngest first. */
  #rotated(): { path: string; number: number }[] {
    const [folder, name] = [dirname(this.path), `${basename(this.path)}.`];
    return readdirSync(folder)
      .flatMap((entry) => {
        const number = entry.startsWith(name)
          ? /^(\d+)(\.gz)?$/.exec(entry.slice(name.length))?.[1]
          : undefined;
        return number === undefined ? [] : [{ path: `${folder}/${entry}`, number: Number(number) }];
      })
      .sort((one, other) => one.number - other.number);
  }

  /** A rotation meanwhile gives a file another number: what was read is then compressed in the next round. */
  async #compressAll(): Promise<void> {
    for (const { path } of this.#rotated().filter((each) => !each.path.endsWith(".gz"))) {
      try {
        const source = openSync(path, "r");
        const { ino } = fstatSync(source);
        const partial = `${this.path}.compressing`;
        await pipeline(
          createReadStream("", { fd: source }),
          createGzip(),
          createWriteStream(partial, { mode: 0o600 }),
        );
        const now = this.#rotated().find((each) => !each.path.endsWith(".gz") && inodeOf(each.path) === ino);
        if (now === undefined) rmSync(partial, { force: true });
        else {
          renameSync(partial, `${now.path}.gz`);
          rmSync(now.path);
        }
      } catch {
        // It stays as it is, readable, and counts among those kept.
      }
    }
  }

  #release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
