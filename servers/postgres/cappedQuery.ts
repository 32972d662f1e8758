import type { Connection, FieldDef, PoolClient, Submittable } from "pg";
import { parameterText } from "./parameterText.ts";

export interface ResultLimits {
  readonly maxRows: number;
  /** Bytes of the values as PostgreSQL sends them, with the column names that JSON repeats per row. */
  readonly maxBytes: number;
  /** Read what is beyond the limits too, and keep none of it: a statement that writes must end. */
  readonly toTheEnd?: boolean;
  /** Takes the rows beyond the limits, until it takes no more. */
  readonly beyond?: RowTaker;
}

export interface RowTaker {
  /** Bytes that it takes at most. */
  readonly maxBytes: number;
  /** @param bytes counted as for `maxBytes` of the limits */
  take(row: readonly (string | null)[], bytes: number): boolean;
}

export interface CappedResult {
  readonly fields: readonly FieldDef[];
  /** Values as text, in the order of `fields`. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** PostgreSQL's command tag, e.g. `SELECT 3`; empty when the statement was not read to its end. */
  readonly command: string;
  readonly truncated: "rows" | "bytes" | undefined;
}

/** Rows asked for at once. Small, because what was asked for is read to its end. */
const batchRows = 128;

/** The parts of pg's connection that its types leave out or declare with arguments it no longer takes. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string }): void;
  bind(message: { values: readonly (string | null)[] }): void;
  describe(message: { type: "P"; name: string }): void;
  execute(message: { rows: number }): void;
  sync(): void;
  sendCopyFail(reason: string): void;
}

/**
 * One statement by the extended protocol, which takes exactly one (42601 for more), read in batches from its
 * portal until it ends or a limit is reached. The portal lives on across batches because the call runs inside
 * a transaction; the rest of a larger result never leaves PostgreSQL.
 *
 * Implements the interface by which `pg` runs foreign queries on its connections; each batch is one run.
 */
export class CappedQuery implements Submittable {
  readonly #text: string;
  readonly #values: readonly (string | null)[];
  readonly #limits: ResultLimits;
  #batch = Promise.withResolvers<void>();
  #fields: FieldDef[] = [];
  #rows: (string | null)[][] = [];
  #seen = 0;
  #bytes = 0;
  #bytesPerRow = 0;
  #command = "";
  #truncated: "rows" | "bytes" | undefined;
  #beyond: RowTaker | undefined;
  #started = false;
  #suspended = false;
  #copying = false;

  constructor(text: string, values: readonly unknown[], limits: ResultLimits) {
    this.#text = text;
    this.#values = values.map(parameterText);
    this.#limits = limits;
    this.#beyond = limits.beyond;
  }

  /** @throws what PostgreSQL or the connection reported */
  async read(client: PoolClient): Promise<CappedResult> {
    do {
      this.#batch = Promise.withResolvers();
      client.query(this);
      await this.#batch.promise;
    } while (this.#suspended && this.#wantsMore());
    return this.result;
  }

  #wantsMore(): boolean {
    return this.#truncated === undefined || this.#limits.toTheEnd === true || this.#beyond !== undefined;
  }

  /** What has arrived so far. */
  get result(): CappedResult {
    return { fields: this.#fields, rows: this.#rows, command: this.#command, truncated: this.#truncated };
  }

  /** Takes no more rows: the connection is being given up because too much arrives on it. */
  overflow(): void {
    this.#truncated ??= "bytes";
    this.#beyond = undefined;
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    if (!this.#started) {
      this.#started = true;
      wire.parse({ text: this.#text });
      wire.bind({ values: this.#values });
      wire.describe({ type: "P", name: "" });
    }
    this.#suspended = false;
    const { maxRows, toTheEnd, beyond } = this.#limits;
    const all = toTheEnd === true || beyond !== undefined;
    wire.execute({ rows: all ? batchRows : Math.min(batchRows, maxRows - this.#rows.length + 1) });
    wire.sync();
    wire.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: FieldDef[] }): void {
    this.#fields = fields;
    this.#bytesPerRow = fields.reduce((sum, field) => sum + Buffer.byteLength(field.name) + 4, 2);
  }

  handleDataRow({ fields, length }: { fields: (string | null)[]; length: number }): void {
    this.#seen += 1;
    const bytes = length + this.#bytesPerRow;
    if (this.#truncated === undefined) {
      this.#bytes += bytes;
      if (this.#rows.length >= this.#limits.maxRows) this.#truncated = "rows";
      else if (this.#bytes > this.#limits.maxBytes) this.#truncated = "bytes";
      else this.#rows.push(fields);
    }
    if (this.#truncated !== undefined && this.#beyond?.take(fields, bytes) === false)
      this.#beyond = undefined;
  }

  handlePortalSuspended(): void {
    this.#suspended = true;
  }

  handleCommandComplete({ text }: { text: string }): void {
    // Of a portal that is read in batches PostgreSQL counts the last one only.
    this.#command = text.replace(/^(SELECT|FETCH) \d+$/, `$1 ${String(this.#seen)}`);
  }

  handleEmptyQuery(): void {
    this.#command = "";
  }

  handleCopyInResponse(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.sendCopyFail("COPY is not available here");
    // While it waits for copy data PostgreSQL skips the Sync that was sent with the statement.
    wire.sync();
  }

  handleCopyData(): void {
    this.#copying = true;
  }

  handleError(error: Error): void {
    // After an error `pg` no longer reports to this query, so this is its end.
    this.#batch.reject(error);
  }

  handleReadyForQuery(): void {
    if (this.#copying) this.#batch.reject(new CopyRefused());
    else this.#batch.resolve();
  }
}

/** COPY … TO STDOUT: what it sends has no columns. */
export class CopyRefused extends Error {}
