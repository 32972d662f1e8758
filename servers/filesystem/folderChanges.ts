import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { attributesOf } from "./folderEntries.ts";
import type { EntryKind } from "./folderEntries.ts";
import { goDown } from "./folderTree.ts";
import type { TreeOptions } from "./folderTree.ts";
import type { Place } from "./place.ts";

export const changeKinds = ["created", "changed", "deleted"] as const;

export interface Change {
  /** From the watched folder, with slashes. */
  readonly path: string;
  readonly change: (typeof changeKinds)[number];
  readonly kind: EntryKind;
}

export interface Changes {
  readonly changes: readonly Change[];
  /** For the next question. */
  readonly cursor: string;
  /** The cursor of the question is not known any more, so that changes may be missing: look at the folder anew. */
  readonly reset: boolean;
  /** The folder holds more than is looked at. */
  readonly truncated: boolean;
}

/** Folders that are remembered at once; the one that was not asked about for longest goes. */
const mostFolders = 8;
/** Changes of one folder that are remembered. */
const mostChanges = 2000;

interface Watched {
  readonly id: string;
  /** Path to what it is and what tells one version from another. */
  seen: ReadonlyMap<string, { readonly kind: EntryKind; readonly version: string }>;
  truncated: boolean;
  /** With ascending numbers, without gaps. */
  readonly changes: { readonly number: number; readonly change: Change }[];
  next: number;
  lookedAt: number;
  looking: Promise<void> | undefined;
}

export interface Question {
  /** Tells one folder from another, however a caller wrote it. */
  readonly key: string;
  readonly cursor: string | undefined;
  /** How long to wait for a change if there is none yet. */
  readonly waitMilliseconds: number;
  readonly signal: AbortSignal;
  /** Goes to the folder, which may have been replaced since. */
  readonly look: <T>(work: (folder: Place) => Promise<T>) => Promise<T>;
  readonly tree: Pick<TreeOptions, "rules" | "maxDepth" | "most">;
}

/**
 * What changed below folders since somebody looked. Without sessions nobody can be told, so callers ask, with a cursor
 * from the answer before. A folder is looked at only while somebody asks, at most once per interval, and what is
 * remembered of it serves all callers; memory is bounded.
 */
export class FolderChanges {
  readonly #interval: number;
  readonly #watched = new Map<string, Watched>();

  /** @param interval milliseconds between two looks at a folder */
  constructor(interval: number) {
    this.#interval = interval;
  }

  async since(question: Question): Promise<Changes> {
    const { key, cursor, waitMilliseconds, signal } = question;
    const watched = this.#remember(key);
    const end = performance.now() + waitMilliseconds;
    for (;;) {
      signal.throwIfAborted();
      await this.#lookIfDue(watched, question);
      const known = numberOf(cursor, watched);
      const found = watched.changes.filter(({ number }) => number > (known ?? Infinity));
      const left = end - performance.now();
      if (known === undefined || found.length > 0 || left <= 0)
        return answer(watched, { found, reset: cursor !== undefined && known === undefined });
      await pause(Math.min(this.#interval, left), undefined, { signal });
    }
  }

  #remember(key: string): Watched {
    const known = this.#watched.get(key);
    const watched = known ?? {
      id: randomBytes(6).toString("hex"),
      seen: new Map(),
      truncated: false,
      changes: [],
      next: 1,
      lookedAt: -Infinity,
      looking: undefined,
    };
    // Those asked about last stand at the end.
    this.#watched.delete(key);
    this.#watched.set(key, watched);
    if (this.#watched.size > mostFolders) this.#watched.delete(this.#watched.keys().next().value!);
    return watched;
  }

  async #lookIfDue(watched: Watched, question: Question): Promise<void> {
    while (performance.now() - watched.lookedAt >= this.#interval) {
      question.signal.throwIfAborted();
      if (watched.looking) {
        // Another caller looks; if that one gives up, this one does it.
        await watched.looking.catch(() => {});
        continue;
      }
      watched.looking = look(watched, question).finally(() => {
        watched.looking = undefined;
      });
      await watched.looking;
    }
  }
}

async function look(watched: Watched, { look: goTo, tree, signal }: Question): Promise<void> {
  const seen = new Map<string, { kind: EntryKind; version: string }>();
  const truncated = await goTo((folder) =>
    goDown(folder, {
      ...tree,
      signal,
      async visit({ path, name, kind, folder: around }) {
        const stats = await attributesOf(around, name);
        // The time of a folder changes with what it holds, which is told by itself.
        const version = kind === "directory" ? [] : [stats?.size, stats?.mtimeMs, stats?.ctimeMs];
        if (stats) seen.set(path, { kind, version: [stats.ino, ...version].join(" ") });
        return true;
      },
    }),
  );
  if (watched.lookedAt !== -Infinity) note(watched, differences(watched.seen, seen));
  watched.seen = seen;
  watched.truncated = truncated;
  watched.lookedAt = performance.now();
}

function differences(before: Watched["seen"], after: Watched["seen"]): Change[] {
  const changes: Change[] = [];
  for (const [path, { kind }] of before)
    if (!after.has(path)) changes.push({ path, change: "deleted", kind });
  for (const [path, { kind, version }] of after) {
    const old = before.get(path);
    if (old === undefined) changes.push({ path, change: "created", kind });
    else if (old.version !== version || old.kind !== kind) changes.push({ path, change: "changed", kind });
  }
  return changes;
}

function note(watched: Watched, changes: readonly Change[]): void {
  for (const change of changes) watched.changes.push({ number: watched.next++, change });
  watched.changes.splice(0, Math.max(0, watched.changes.length - mostChanges));
}

/** The last change that the caller knows; undefined if that is not known, or later ones are forgotten. */
function numberOf(cursor: string | undefined, { id, next, changes }: Watched): number | undefined {
  const [of, written] = cursor?.split(".") ?? [];
  const number = Number(written);
  if (of !== id || !Number.isInteger(number) || number < 0 || number >= next) return undefined;
  const oldest = changes[0]?.number ?? next;
  return number + 1 >= oldest ? number : undefined;
}

function answer(watched: Watched, { found, reset }: { found: Watched["changes"]; reset: boolean }): Changes {
  return {
    changes: found.map(({ change }) => change),
    cursor: `${watched.id}.${watched.next - 1}`,
    reset,
    truncated: watched.truncated,
  };
}
