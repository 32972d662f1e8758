import { performance } from "node:perf_hooks";
import { escapeLiteral } from "pg";
import type { Pool, PoolClient, QueryResultRow } from "pg";
import type { MemoryFile } from "#model/files/schema/memory.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import { toToolError } from "./databaseErrors.ts";

/**
 * Neighbours that HNSW looks at: 100 find 0.99 of the ten nearest among 20,000, 120 find 0.995 and take a sixth
 * longer (measured). With a filter it goes on until enough rows pass.
 */
const search = {
  "hnsw.ef_search": 100,
  "hnsw.iterative_scan": "relaxed_order",
  "hnsw.max_scan_tuples": 100_000,
  random_page_cost: 1.1,
};

const slowMilliseconds = 1000;

/** Settings of one transaction, by name. */
export type Settings = Readonly<Record<string, string>>;

/** Runs SQL inside one transaction. */
export type Query = <Row extends QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** What happened since the last look, for metrics. */
export interface DatabaseUse {
  readonly connections: number;
  readonly queries: number;
  readonly slowQueries: number;
  readonly transactions: number;
}

/**
 * The memory server's login. Every statement runs in a transaction that names a client, whose rows are all it can
 * reach (row-level security, migration 0012), or that is a round of the server's own.
 */
export class MemoryDatabase {
  readonly #pool: Pool;
  #queries = 0;
  #slowQueries = 0;
  #transactions = 0;

  constructor({ database, server }: MemoryFile, login: Login) {
    this.#pool = openPool(database, login, {
      min: database.pool.min,
      max: database.pool.max,
      applicationName: "kilocode memory items",
      pipeline: true,
      session: {
        ...search,
        statement_timeout: server.timeout,
        lock_timeout: server.timeout,
        idle_in_transaction_session_timeout: 60_000,
        client_connection_check_interval: 1000,
        TimeZone: "UTC",
        DateStyle: "ISO",
      },
    });
  }

  /** A transaction that may change memories. @throws ToolError when the database is away or took too long */
  asClient<T>(client: string, work: (query: Query) => Promise<T>): Promise<T> {
    return this.#run(began("BEGIN", { "kilocode.client": client }), work);
  }

  /**
   * A transaction that only reads. Its first statements are sent together with its beginning, those that are asked for
   * at once together, and the answer does not wait for its end: a search takes two round trips in place of five.
   *
   * @param settings further ones of the transaction
   * @throws ToolError as `asClient`
   */
  async readAsClient<T>(
    client: string,
    work: (query: Query) => Promise<T>,
    settings: Settings = {},
  ): Promise<T> {
    let connection: PoolClient | undefined;
    try {
      connection = await this.#pool.connect();
      const query = this.#counted(connection);
      const start = query(began("BEGIN READ ONLY", { ...settings, "kilocode.client": client }));
      // Both come to their end, so that nothing is asked on a connection that was given back.
      const [beginning, result] = await Promise.allSettled([start, work(query)]);
      if (beginning.status === "rejected") throw beginning.reason;
      if (result.status === "rejected") throw result.reason;
      void this.#end(connection);
      return result.value;
    } catch (error) {
      await this.#giveBack(connection);
      throw toToolError(error);
    }
  }

  /** One transaction over everybody's memories: for the server's own rounds, never for a caller's question. */
  inRound<T>(work: (query: Query) => Promise<T>, options: { snapshot?: boolean } = {}): Promise<T> {
    const begin = options.snapshot === true ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
    return this.#run(began(begin, { "kilocode.memory_round": "on" }), work);
  }

  takeUse(): DatabaseUse {
    const use = {
      connections: this.#pool.totalCount,
      queries: this.#queries,
      slowQueries: this.#slowQueries,
      transactions: this.#transactions,
    };
    this.#queries = this.#slowQueries = this.#transactions = 0;
    return use;
  }

  close(): Promise<void> {
    return closePool(this.#pool, 1000);
  }

  async #run<T>(begin: string, work: (query: Query) => Promise<T>): Promise<T> {
    let connection: PoolClient | undefined;
    try {
      connection = await this.#pool.connect();
      const query = this.#counted(connection);
      await query(begin);
      const result = await work(query);
      await query("COMMIT");
      this.#transactions += 1;
      connection.release();
      return result;
    } catch (error) {
      await this.#giveBack(connection);
      throw toToolError(error);
    }
  }

  /** Ends a transaction that changed nothing. */
  async #end(connection: PoolClient): Promise<void> {
    try {
      await this.#counted(connection)("COMMIT");
      this.#transactions += 1;
      connection.release();
    } catch (error) {
      connection.release(error instanceof Error ? error : true);
    }
  }

  #counted(connection: PoolClient): Query {
    return async <Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []) => {
      const start = performance.now();
      try {
        return (await connection.query<Row>(sql, [...values])).rows;
      } finally {
        this.#queries += 1;
        if (performance.now() - start >= slowMilliseconds) this.#slowQueries += 1;
      }
    };
  }

  /** A connection whose transaction cannot be rolled back is closed, so that no setting of it outlives the call. */
  async #giveBack(connection: PoolClient | undefined): Promise<void> {
    if (connection === undefined) return;
    try {
      await connection.query("ROLLBACK");
      connection.release();
    } catch (error) {
      connection.release(error instanceof Error ? error : true);
    }
  }
}

/** The beginning of a transaction. The database lets nobody call set_config (baseline), and SET takes no parameter. */
function began(begin: string, settings: Settings): string {
  const set = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} TO ${escapeLiteral(value)}`);
  return [begin, ...set].join("; ");
}
