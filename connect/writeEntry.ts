import fs from "node:fs";
import path from "node:path";
import type { ClientFile } from "#model/client/entries.ts";
import { Fault } from "#model/fault.ts";
import { writeAtomically } from "./atomicFile.ts";
import { mergeEntries, nothingWritten, type Written } from "./mergeEntries.ts";

export interface WriteOptions {
  /** Where is kept what was written into which file. */
  readonly record: string;
  readonly force: boolean;
  /** Names the copy; default now. */
  readonly now?: Date;
}

export interface WriteReport {
  /** The file itself, behind any symbolic link. */
  readonly file: string;
  readonly changes: readonly string[];
  readonly notes: readonly string[];
  /** The copy of what was there before; none if nothing was, or nothing changed. */
  readonly copy?: string;
}

/**
 * Merges entries into a client's file: a copy is kept beside it, the new text replaces it in one step, its mode
 * and owner stay. A new file is readable by its user only.
 *
 * @returns what does it; until then nothing is changed
 * @throws Fault CONNECT_FILE or CONNECT_CHANGED; so may what is returned, with the file as it was
 */
export function planEntry(target: string, wanted: ClientFile, options: WriteOptions): () => WriteReport {
  const file = realFile(target);
  const old = readOld(file);
  const records = readRecords(options.record);
  const before = records[file] ?? nothingWritten;
  const merged = mergeEntries(old?.text ?? "", wanted, { file, before, force: options.force });
  const { changes, notes, written } = merged;
  return () => {
    let copy: string | undefined;
    if (changes.length > 0) {
      copy = old === undefined ? undefined : keepCopy(file, old.stat, options.now ?? new Date());
      replace(file, merged.text, old);
    }
    writeAtomically(options.record, `${JSON.stringify({ ...records, [file]: written }, null, 2)}\n`, 0o600);
    return { file, changes, notes, ...(copy !== undefined && { copy }) };
  };
}

interface OldFile {
  readonly text: string;
  readonly stat: fs.Stats;
}

/** Where a link leads, so that the link stays one. */
function realFile(target: string): string {
  try {
    return fs.realpathSync(target);
  } catch {
    return path.resolve(target);
  }
}

function readOld(file: string): OldFile | undefined {
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile()) throw refused(file, "this is not a file");
    const bytes = fs.readFileSync(file);
    const text = bytes.toString("utf8");
    // What is not UTF-8 would not survive being written back.
    if (!Buffer.from(text, "utf8").equals(bytes)) throw refused(file, "the file is not UTF-8");
    return { text, stat };
  } catch (error) {
    if (error instanceof Fault) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw refused(file, `the file cannot be read (${code ?? String(error)})`);
  }
}

function keepCopy(file: string, { mode, uid, gid }: fs.Stats, now: Date): string {
  const time = now.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
  for (let count = 0; ; count++) {
    const copy = `${file}.bak-${time}${count === 0 ? "" : `-${count}`}`;
    try {
      fs.copyFileSync(file, copy, fs.constants.COPYFILE_EXCL);
      fs.chmodSync(copy, mode & 0o7777);
      own(copy, uid, gid);
      return copy;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST") throw refused(file, `no copy can be kept beside it (${code ?? String(error)})`);
    }
  }
}

function replace(file: string, text: string, old: OldFile | undefined): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (readOld(file)?.text !== old?.text) throw refused(file, "the file was changed meanwhile");
    writeAtomically(file, text, old === undefined ? 0o600 : old.stat.mode & 0o7777);
    if (old !== undefined) own(file, old.stat.uid, old.stat.gid);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refused(file, `the file cannot be written (${code ?? String(error)})`);
  }
}

/** Only root writes files of others. */
function own(file: string, uid: number, gid: number): void {
  const now = fs.statSync(file);
  if (now.uid !== uid || now.gid !== gid) fs.chownSync(file, uid, gid);
}

/** What was written into which file; nothing if there is no record. */
export function readRecords(record: string): Record<string, Written> {
  try {
    return JSON.parse(fs.readFileSync(record, "utf8")) as Record<string, Written>;
  } catch {
    // Without it, entries that differ count as somebody else's.
    return {};
  }
}

function refused(file: string, problem: string): Fault {
  return new Fault({
    code: "CONNECT_FILE",
    where: file,
    problem,
    mend: "run the command again with another path, or without --write and paste what it prints",
  });
}
