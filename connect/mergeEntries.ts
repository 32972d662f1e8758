import { createHash } from "node:crypto";
import type { ClientFile, Permission } from "#model/client/entries.ts";
import { Fault } from "#model/fault.ts";
import { JsoncDocument } from "./jsoncDocument.ts";

/** What `connect` wrote into one file, so that it can tell its own entries from what others wrote. */
export interface Written {
  readonly under: ClientFile["under"];
  /** Name of an entry to the SHA-256 of its value. */
  readonly entries: Readonly<Record<string, string>>;
  readonly permission: Readonly<Record<string, Permission>>;
}

export const nothingWritten: Written = { under: "mcp", entries: {}, permission: {} };

export interface Merged {
  readonly text: string;
  readonly written: Written;
  /** For people: what was done, and what was left as it is. */
  readonly changes: readonly string[];
  readonly notes: readonly string[];
}

export interface MergeOptions {
  /** Name of the file, for faults. */
  readonly file: string;
  readonly before: Written;
  /** Replace entries that somebody else wrote or changed. */
  readonly force: boolean;
}

/**
 * Puts entries into the text of a client's file. Other entries, comments and layout stay. An entry is replaced
 * or removed only while it is what was written last; a permission that the user chose is kept.
 *
 * @throws Fault CONNECT_FILE if the text cannot be edited, CONNECT_CHANGED if an entry is not ours to replace
 */
export function mergeEntries(text: string, wanted: ClientFile, options: MergeOptions): Merged {
  const document = new JsoncDocument(text, options.file);
  refuseChanged(document, wanted, options);
  const changes = [...mergeServers(document, wanted, options), ...removeGone(document, wanted, options)];
  const rules = mergePermission(document, wanted, options);
  const entries = Object.entries(wanted.entries).map(([name, entry]) => [name, hashOf(entry)]);
  return {
    text: changes.length + rules.changes.length === 0 ? text : document.text,
    written: { under: wanted.under, entries: Object.fromEntries(entries), permission: rules.written },
    changes: [...changes, ...rules.changes],
    notes: rules.notes,
  };
}

function refuseChanged(document: JsoncDocument, wanted: ClientFile, options: MergeOptions): void {
  if (options.force) return;
  for (const [name, entry] of Object.entries(wanted.entries)) {
    const present = document.get([wanted.under, name]);
    if (present === undefined || hashOf(present) === hashOf(entry)) continue;
    const known = options.before.entries[name];
    if (known === hashOf(present)) continue;
    const whose = known === undefined ? "was not written by this stack's `connect`" : "was changed since";
    throw new Fault({
      code: "CONNECT_CHANGED",
      where: `${options.file}, ${wanted.under}.${name}`,
      problem: `the entry ${whose}`,
      mend: "add --force to replace it (a copy of the file is kept), or --prefix NAME- to write the entries under other names",
    });
  }
}

function mergeServers(document: JsoncDocument, { under, entries }: ClientFile, { file }: MergeOptions) {
  const changes: string[] = [];
  const around = document.get([under]);
  if (around !== undefined && (typeof around !== "object" || around === null || Array.isArray(around))) {
    throw notAnObject(file, under);
  }
  for (const [name, entry] of Object.entries(entries)) {
    const present = document.get([under, name]);
    if (present !== undefined && hashOf(present) === hashOf(entry)) continue;
    document.set([under, name], entry);
    changes.push(`${present === undefined ? "added" : "updated"} ${under}.${name}`);
  }
  return changes;
}

/** Entries of servers that the client may no longer use. */
function removeGone(document: JsoncDocument, { under, entries }: ClientFile, { before }: MergeOptions) {
  const changes: string[] = [];
  for (const [name, hash] of Object.entries(before.entries)) {
    if (Object.hasOwn(entries, name)) continue;
    const present = document.get([under, name]);
    if (present === undefined || hashOf(present) !== hash) continue;
    document.remove([under, name]);
    changes.push(`removed ${under}.${name}`);
  }
  return changes;
}

function mergePermission(document: JsoncDocument, wanted: ClientFile, options: MergeOptions) {
  const rules = Object.entries(wanted.permission ?? {});
  const changes: string[] = [];
  const notes: string[] = [];
  const written: Record<string, Permission> = {};
  /** Beginnings of tools for which the user has a rule of their own. */
  const kept: string[] = [];
  const present = document.get(["permission"]);
  if (rules.length > 0 && typeof present === "string") {
    const note = `\`permission\` is "${present}" for everything and stays so`;
    return { changes, notes: [note], written };
  }
  if (rules.length > 0 && present !== undefined && (typeof present !== "object" || present === null)) {
    throw notAnObject(options.file, "permission");
  }
  for (const [key, value] of Object.entries(options.before.permission)) {
    if (wanted.permission?.[key] !== undefined || document.get(["permission", key]) !== value) continue;
    document.remove(["permission", key]);
    changes.push(`removed permission.${key}`);
  }
  for (const [key, value] of rules) {
    written[key] = value;
    const now = document.get(["permission", key]);
    if (now === value) continue;
    // Once written and now gone, or another one: the user chose so.
    const chosen = now !== undefined || Object.hasOwn(options.before.permission, key);
    if (chosen && !options.force) {
      notes.push(`permission.${key} stays as you changed it`);
      if (isForAll(key) && now !== undefined) kept.push(key.slice(0, -1));
    } else if (!kept.some((start) => key.startsWith(start))) {
      // The last rule that matches counts: what is for all tools of a server comes before its single tools.
      const sameServer = isForAll(key) ? (other: string) => other.startsWith(key.slice(0, -1)) : undefined;
      document.set(["permission", key], value, sameServer);
      changes.push(`${now === undefined ? "added" : "updated"} permission.${key}`);
    }
  }
  return { changes, notes, written };
}

function isForAll(key: string): boolean {
  return key.endsWith("_*");
}

function notAnObject(file: string, key: string): Fault {
  return new Fault({
    code: "CONNECT_FILE",
    where: `${file}, ${key}`,
    problem: `\`${key}\` must be an object`,
    mend: "correct the file, or run the command without --write and paste what it prints",
  });
}

/** Independent of the order of keys, which editors may change. */
export function hashOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
