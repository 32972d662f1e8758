import { randomBytes } from "node:crypto";
import type { FieldDef } from "pg";
import { ToolError } from "#servers/runtime/tool.ts";
import { rowsOf } from "./pages.ts";
import type { Page } from "./pages.ts";
import type { Answer } from "./reader.ts";

const megabyte = 1024 ** 2;

export const keptLimits = {
  /** Results of one client. */
  results: 4,
  /** Bytes of all results of one client; one result has no more than that either. */
  clientBytes: 8 * megabyte,
  /** Bytes of all results. */
  bytes: 32 * megabyte,
  /** A result that nobody turned a page of for so long is forgotten. */
  idleMilliseconds: 10 * 60_000,
} as const;

interface Kept {
  readonly client: string;
  readonly fields: readonly FieldDef[];
  readonly typeNames: readonly string[];
  readonly pages: readonly Page[];
  readonly bytes: number;
  until: number;
}

/** An answer, and where the next one is. */
export interface PagedAnswer {
  readonly answer: Answer;
  readonly cursor: string | undefined;
}

/**
 * Rest of results, as they were when the query ran, so that all pages fit together. They are held here and not as
 * an open portal: who reads page by page may think for minutes, and a portal would hold a connection, a snapshot
 * and locks as long, which stop maintenance and migrations. A page can be asked for again, as a client does
 * whose answer was lost.
 *
 * A cursor is a name that cannot be guessed and is of use to its client only. What is too much makes room by
 * forgetting what was used least recently, of the same client first.
 */
export class KeptResults {
  readonly #now: () => number;
  /** By name, the least recently used first. */
  readonly #kept = new Map<string, Kept>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param pages those after the first answer */
  keep(client: string, first: Answer, pages: readonly Page[]): PagedAnswer {
    if (pages.length === 0) return { answer: first, cursor: undefined };
    const bytes = pages.reduce((total, { rows }) => total + rows.length, 0);
    this.#makeRoom(client, bytes);
    const name = randomBytes(16).toString("base64url");
    const until = this.#now() + keptLimits.idleMilliseconds;
    const { fields, typeNames } = first;
    this.#kept.set(name, { client, fields, typeNames, pages, bytes, until });
    return { answer: first, cursor: cursorOf(name, 0) };
  }

  /** @throws ToolError for a cursor that is not this client's, or whose result is no longer kept */
  page(client: string, cursor: string): PagedAnswer {
    this.#forgetIdle();
    const [, name = "", number = ""] = /^([\w-]+)\.(0|[1-9]\d*)$/.exec(cursor) ?? [];
    const kept = this.#kept.get(name);
    const index = Number(number);
    const page = kept?.client === client ? kept.pages[index] : undefined;
    if (kept === undefined || page === undefined) throw unknownCursor();
    // Moved to the end: the most recently used.
    this.#kept.delete(name);
    this.#kept.set(name, { ...kept, until: this.#now() + keptLimits.idleMilliseconds });
    const { fields, typeNames, pages } = kept;
    return {
      answer: { fields: [...fields], typeNames, rows: rowsOf(page), command: "", truncated: page.truncated },
      cursor: index + 1 < pages.length ? cursorOf(name, index + 1) : undefined,
    };
  }

  #makeRoom(client: string, bytes: number): void {
    this.#forgetIdle();
    const own = () => [...this.#kept].filter(([, kept]) => kept.client === client);
    while (
      own().length >= keptLimits.results ||
      (own().length > 0 && sum(own()) + bytes > keptLimits.clientBytes)
    )
      this.#kept.delete(own()[0]![0]);
    while (this.#kept.size > 0 && sum([...this.#kept]) + bytes > keptLimits.bytes)
      this.#kept.delete(this.#kept.keys().next().value!);
  }

  #forgetIdle(): void {
    for (const [name, { until }] of this.#kept) if (until <= this.#now()) this.#kept.delete(name);
  }
}

function sum(entries: readonly [string, Kept][]): number {
  return entries.reduce((total, [, { bytes }]) => total + bytes, 0);
}

function cursorOf(name: string, page: number): string {
  return `${name}.${String(page)}`;
}

function unknownCursor(): ToolError {
  return new ToolError(
    "34000",
    `There is no such cursor. Results are kept for ${String(keptLimits.idleMilliseconds / 60_000)} minutes after their last page, the ${String(keptLimits.results)} latest of a client, and until the server's files change. Run the query again.`,
  );
}
