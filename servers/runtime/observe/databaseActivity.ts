import type { Pool, PoolClient } from "pg";

/** What the process does with PostgreSQL, over all its pools and since its start. */
export class DatabaseActivity {
  /** Open now. */
  connections = 0;
  queries = 0;
  slowQueries = 0;
  /** Explicit ones, and statements outside of one. */
  transactions = 0;
  /** Milliseconds from which a query is slow. */
  slowFrom = 1000;

  /** Counts what the pool does from now on. */
  watch(pool: Pool): void {
    pool.on("connect", (client) => {
      this.connections += 1;
      this.#watchQueries(client);
    });
    pool.on("remove", () => (this.connections -= 1));
  }

  /** Once per connection: its `query` counts and passes on, and what it emits when all is answered ends the time. */
  #watchQueries(client: PoolClient): void {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    let since: number | undefined;
    let inTransaction = false;
    const counted = (...args: unknown[]): unknown => {
      this.queries += 1;
      since ??= performance.now();
      const begins = startsWith(args[0], /^\s*(BEGIN|START)\b/i);
      if (begins || !inTransaction) this.transactions += 1;
      if (begins) inTransaction = true;
      else if (startsWith(args[0], /^\s*(COMMIT|ROLLBACK|END|ABORT)\b(?!\s+TO\b)/i)) {
        if (!inTransaction) this.transactions -= 1;
        inTransaction = false;
      }
      return query(...args);
    };
    client.query = counted as never;
    client.on("drain", () => {
      if (since !== undefined && performance.now() - since >= this.slowFrom) this.slowQueries += 1;
      since = undefined;
    });
  }
}

function startsWith(statement: unknown, pattern: RegExp): boolean {
  const text =
    typeof statement === "string" ? statement : (statement as { text?: unknown } | undefined)?.text;
  return typeof text === "string" && pattern.test(text);
}

/** Of this process: every pool is opened by `openPool`, which has it watched. */
export const databaseActivity = new DatabaseActivity();
