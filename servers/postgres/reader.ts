import { performance } from "node:perf_hooks";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import { byteCount } from "#model/files/schema/units.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";
import { toToolError } from "./databaseErrors.ts";
import { GuardedCalls } from "./guardedCalls.ts";
import { keptLimits } from "./keptResults.ts";
import { PageBuilder } from "./pages.ts";
import type { Page } from "./pages.ts";
import { repeat, repeatableRead } from "./repeat.ts";
import { sessionSettings } from "./sessionSettings.ts";
import type { StatementLog } from "./statementLog.ts";
import { TypeNames } from "./typeNames.ts";
import { workspaceSize } from "./workspaceSize.ts";

export interface Answer extends CappedResult {
  /** Type of each field, as SQL writes it. */
  readonly typeNames: readonly string[];
  /** The rows after these, where they were asked for. */
  readonly pages?: readonly Page[];
}

export interface ReadOptions {
  /** Fewer rows than configured. */
  readonly maxRows?: number;
  /** Whether the rows after the first answer are wanted too, as pages. */
  readonly paging?: boolean;
  /** Stands before the caller's SQL; positions in errors are counted without it. */
  readonly prefix?: string;
}

export interface Reader {
  readonly limits: ResultLimits;
  /** @throws ToolError */
  read(call: ToolCall, sql: string, params: readonly unknown[], options?: ReadOptions): Promise<Answer>;
  /**
   * What PostgreSQL says of the database.
   *
   * @throws if it does not answer
   */
  activity(): Promise<Activity>;
  /**
   * What the tables of the workspace take on disk, also through transactions under way.
   *
   * @throws if the database does not answer
   */
  workspaceBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface Activity {
  readonly connections: number;
  /** Transactions of everybody since its statistics began. */
  readonly transactions: number;
}

const askMilliseconds = 3000;
const activity = `SELECT numbackends, xact_commit + xact_rollback FROM pg_catalog.pg_stat_database
  WHERE datname = pg_catalog.current_database()`;

/** The read-only login's pool, and reading through it. */
export function openReader(config: PostgresFile, login: Login, statements: StatementLog): Reader {
  const { database } = config;
  const pool = openPool(database, login, {
    min: database.pool.min,
    max: database.pool.max,
    applicationName: "kilocode postgres reader",
    session: { default_transaction_read_only: "on", ...sessionSettings(config) },
  });
  const calls = new GuardedCalls(pool);
  const typeNames = new TypeNames();
  const limits = { maxRows: database.maxRows, maxBytes: byteCount(database.maxBytes) ?? 0 };
  /** The one row of a statement of ours. */
  const ask = async (sql: string): Promise<readonly unknown[]> => {
    const own = { queryTimeout: askMilliseconds };
    const { rows } = await calls.readOnly(own, AbortSignal.timeout(2 * askMilliseconds), (session) =>
      session.query(sql, [], { maxRows: 1, maxBytes: 1024 }),
    );
    return rows[0] ?? [];
  };
  return {
    limits,
    async read(call, sql, params, { prefix = "", maxRows = Infinity, paging = false } = {}) {
      const caps = { ...limits, maxRows: Math.min(limits.maxRows, maxRows) };
      const start = performance.now();
      let rows = 0;
      const once = (): Promise<Answer> =>
        calls.readOnly({ queryTimeout: database.queryTimeout }, call.signal, async (session) => {
          const beyond = paging ? new PageBuilder(caps, keptLimits.clientBytes) : undefined;
          const result = await session.query(prefix + sql, params, { ...caps, ...(beyond && { beyond }) });
          rows = result.rows.length;
          const answer = { ...result, typeNames: await typeNames.of(result.fields, session) };
          return beyond ? { ...answer, pages: beyond.finish() } : answer;
        });
      try {
        const { maxRetries, retryDelay } = database;
        const { timeout } = config.server;
        return await repeat(once, { maxRetries, retryDelay, timeout }, repeatableRead(), call.signal);
      } catch (error) {
        throw toToolError(error, { prefix });
      } finally {
        statements.record(call, { sql, rows, milliseconds: performance.now() - start });
      }
    },
    async activity() {
      const [connections, transactions] = await ask(activity);
      return { connections: Number(connections), transactions: Number(transactions) };
    },
    async workspaceBytes() {
      return Number((await ask(workspaceSize))[0]);
    },
    async close() {
      await Promise.race([calls.tidied(), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
      await closePool(pool, 500);
    },
  };
}
