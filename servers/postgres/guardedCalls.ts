import type { Pool, PoolClient } from "pg";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";
import { ConnectionLost, isConnectionLoss } from "./connectionLost.ts";
import type { Phase } from "./connectionLost.ts";
import { Hold } from "./hold.ts";

export interface CallLimits {
  /** Longest time of the caller's statement in milliseconds; PostgreSQL ends it. */
  readonly queryTimeout: number;
}

/** A session inside the transaction of one call. */
export interface GuardedSession {
  query(text: string, values: readonly unknown[], limits: ResultLimits): Promise<CappedResult>;
}

/** PostgreSQL is given this long to end a statement by itself before the connection is given up. */
const graceMilliseconds = 2000;

/**
 * Runs a caller's statement in a transaction of its own, from which nothing is left but what was committed on
 * purpose: the extended protocol takes one statement; a transaction that is not committed is rolled back;
 * DISCARD ALL takes what outlives a transaction (prepared statements, session locks, settings). A read-only
 * transaction becomes final by a SELECT of our own: afterwards SET TRANSACTION READ WRITE is refused (25001).
 * Measured: reference/postgres.md §3a.
 *
 * The answer does not wait for the tidying up; the connection goes back to the pool after it, or is closed
 * if any of it fails.
 */
export class GuardedCalls {
  readonly #pool: Pool;
  readonly #tidying = new Set<Promise<void>>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * @param signal ends the statement in PostgreSQL when it aborts
   * @throws ConnectionLost, or what PostgreSQL reported
   */
  readOnly<T>(
    limits: CallLimits,
    signal: AbortSignal,
    work: (session: GuardedSession) => Promise<T>,
  ): Promise<T> {
    const begin = `BEGIN READ ONLY; ${timeout(limits)}; SELECT 1`;
    return this.#run({ begin, commit: false }, limits, signal, work);
  }

  /**
   * Committed only when `work` resolves. A commit that has begun is waited for, whatever becomes of the caller.
   *
   * @param role group whose rights the statement has, so that it cannot change the login
   */
  committed<T>(
    role: string,
    limits: CallLimits,
    signal: AbortSignal,
    work: (session: GuardedSession) => Promise<T>,
  ): Promise<T> {
    const begin = `BEGIN READ WRITE; SET LOCAL ROLE ${role}; ${timeout(limits)}`;
    return this.#run({ begin, commit: true }, limits, signal, work);
  }

  async #run<T>(
    { begin, commit }: { begin: string; commit: boolean },
    limits: CallLimits,
    signal: AbortSignal,
    work: (session: GuardedSession) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const client = await this.#connect();
    // Whoever waited for a connection may be gone; an unused one needs no tidying up.
    if (signal.aborted) client.release();
    signal.throwIfAborted();
    const hold = new Hold(this.#pool, client);
    const onAbort = (): void => hold.abandon();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => hold.abandon(), limits.queryTimeout + graceMilliseconds);
    let phase: Phase = "connecting";
    try {
      await hold.command(begin);
      phase = "running";
      const result = await work({ query: (text, values, caps) => hold.read(text, values, caps) });
      if (!commit) return result;
      signal.throwIfAborted();
      signal.removeEventListener("abort", onAbort);
      phase = "committing";
      await hold.command("COMMIT");
      return result;
    } catch (error) {
      throw isConnectionLoss(error) && !hold.abandoned ? new ConnectionLost(phase, error) : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      const tidied = hold.tidy().finally(() => this.#tidying.delete(tidied));
      this.#tidying.add(tidied);
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw isConnectionLoss(error) ? new ConnectionLost("connecting", error) : error;
    }
  }

  /** Resolves when every connection is back or closed. */
  async tidied(): Promise<void> {
    while (this.#tidying.size > 0) await Promise.all(this.#tidying);
  }
}

function timeout({ queryTimeout }: CallLimits): string {
  return `SET LOCAL statement_timeout = ${Math.trunc(queryTimeout)}`;
}
