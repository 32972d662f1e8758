import type { ResultLimits, RowTaker } from "./cappedQuery.ts";

type Row = readonly (string | null)[];

/** Rows of one answer, as bytes outside the engine's heap, and the limit that ended it; none for the last. */
export interface Page {
  readonly rows: Buffer;
  readonly truncated: "rows" | "bytes" | undefined;
}

/** Packs the rows after the first answer into pages of the same limits. */
export class PageBuilder implements RowTaker {
  readonly #limits: ResultLimits;
  /** Bytes that all pages together may have. */
  readonly maxBytes: number;
  readonly #pages: Page[] = [];
  #rows: Row[] = [];
  #rowBytes = 0;
  #bytes = 0;
  #full = false;

  constructor(limits: ResultLimits, maxBytes: number) {
    this.#limits = limits;
    this.maxBytes = maxBytes;
  }

  /** @returns whether it takes more: no further row is kept after one that did not fit */
  take(row: Row, bytes: number): boolean {
    if (this.#full) return false;
    if (bytes > this.#limits.maxBytes || this.#bytes + this.#rowBytes + bytes > this.maxBytes) {
      this.#full = true;
      return false;
    }
    if (this.#rows.length >= this.#limits.maxRows) this.#close("rows");
    else if (this.#rowBytes + bytes > this.#limits.maxBytes) this.#close("bytes");
    this.#rows.push(row);
    this.#rowBytes += bytes;
    return true;
  }

  /** The pages; the last says whether there was more than could be kept. */
  finish(): readonly Page[] {
    if (this.#rows.length > 0) this.#close(this.#full ? "bytes" : undefined);
    return this.#pages;
  }

  #close(truncated: Page["truncated"]): void {
    this.#pages.push({ rows: Buffer.from(JSON.stringify(this.#rows)), truncated });
    this.#bytes += this.#rowBytes;
    this.#rows = [];
    this.#rowBytes = 0;
  }
}

export function rowsOf({ rows }: Page): Row[] {
  return JSON.parse(rows.toString()) as Row[];
}
