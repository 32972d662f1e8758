import type { Pool, PoolClient } from "pg";
import { cancelStatement } from "./cancelStatement.ts";
import { CappedQuery } from "./cappedQuery.ts";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";

export interface CallLimits {
  /** Longest time of the caller's statement in milliseconds; PostgreSQL ends it. */
  readonly queryTimeout: number;
}

/** A session inside the read-only transaction of one call. */
export interface ReadOnlySession {
  query(text: string, values: readonly unknown[], limits: ResultLimits): Promise<CappedResult>;
}

/** PostgreSQL is given this long to end a statement by itself before the connection is given up. */
const graceMilliseconds = 2000;
/** Arriving bytes beyond which a result is given up, although a row may not have ended: four times what is kept. */
const rawBytesFactor = 4;
const rawBytesMinimum = 8 * 1024 ** 2;

/**
 * Runs a caller's statement so that it cannot leave anything behind, whatever it says:
 * the login's group can read only; the transaction is read-only, and our own SELECT makes that final (25001
 * for SET TRANSACTION READ WRITE after the first snapshot); the extended protocol takes one statement; the
 * transaction is rolled back always; DISCARD ALL takes what outlives a transaction (prepared statements,
 * session locks, settings). Measured: reference/postgres.md §3a.
 *
 * The answer does not wait for the tidying up; the connection goes back to the pool after it, or is closed
 * if any of it fails.
 */
export class ReadOnlyCalls {
  readonly #pool: Pool;
  readonly #tidying = new Set<Promise<void>>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * @param signal ends the statement in PostgreSQL when it aborts
   * @throws what PostgreSQL or the connection reported
   */
  async run<T>(
    limits: CallLimits,
    signal: AbortSignal,
    work: (session: ReadOnlySession) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const client = await this.#pool.connect();
    // Whoever waited for a connection may be gone; an unused one needs no tidying up.
    if (signal.aborted) client.release();
    signal.throwIfAborted();
    const hold = new Hold(this.#pool, client);
    const onAbort = (): void => hold.abandon();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => hold.abandon(), limits.queryTimeout + graceMilliseconds);
    try {
      await client.query(
        `BEGIN READ ONLY; SET LOCAL statement_timeout = ${Math.trunc(limits.queryTimeout)}; SELECT 1`,
      );
      return await work({ query: (text, values, caps) => hold.read(text, values, caps) });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      const tidied = hold.tidy().finally(() => this.#tidying.delete(tidied));
      this.#tidying.add(tidied);
    }
  }

  /** Resolves when every connection is back or closed. */
  async tidied(): Promise<void> {
    while (this.#tidying.size > 0) await Promise.all(this.#tidying);
  }
}

/** One connection while a call has it. */
class Hold {
  readonly #pool: Pool;
  readonly #client: PoolClient;
  #abandoned: Promise<void> | undefined;

  constructor(pool: Pool, client: PoolClient) {
    this.#pool = pool;
    this.#client = client;
    client.on("error", ignore);
  }

  async read(text: string, values: readonly unknown[], limits: ResultLimits): Promise<CappedResult> {
    const query = new CappedQuery(text, values, limits);
    const allowed = Math.max(rawBytesMinimum, rawBytesFactor * limits.maxBytes);
    const { stream } = (
      this.#client as unknown as { connection: { stream: NodeJS.ReadableStream & { destroy(): void } } }
    ).connection;
    let arrived = 0;
    let overflown = false;
    // A single value can be far larger than any cap, and pg keeps a row until it is complete.
    const count = (chunk: Buffer): void => {
      arrived += chunk.length;
      if (arrived <= allowed || overflown) return;
      overflown = true;
      query.overflow();
      this.abandon();
    };
    stream.on("data", count);
    try {
      return await query.read(this.#client);
    } catch (error) {
      if (overflown) return query.result;
      throw error;
    } finally {
      stream.off("data", count);
    }
  }

  /** Ends what is running, here and in PostgreSQL. */
  abandon(): void {
    this.#abandoned ??= cancelStatement(this.#pool, this.#client);
    const { stream } = (this.#client as unknown as { connection: { stream: { destroy(): void } } })
      .connection;
    stream.destroy();
  }

  async tidy(): Promise<void> {
    try {
      if (this.#abandoned) throw await this.#abandoned;
      await this.#client.query("ROLLBACK");
      // Not in one message with ROLLBACK: DISCARD ALL refuses to run beside another statement.
      await this.#client.query("DISCARD ALL");
      this.#client.off("error", ignore);
      this.#client.release();
    } catch {
      this.#client.release(true);
    }
  }
}

function ignore(): void {}
