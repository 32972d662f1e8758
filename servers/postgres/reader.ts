import { performance } from "node:perf_hooks";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import { byteCount } from "#model/files/schema/units.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";
import { toToolError } from "./databaseErrors.ts";
import { GuardedCalls } from "./guardedCalls.ts";
import { repeat, repeatableRead } from "./repeat.ts";
import { sessionSettings } from "./sessionSettings.ts";
import type { StatementLog } from "./statementLog.ts";
import { TypeNames } from "./typeNames.ts";

export interface Answer extends CappedResult {
  /** Type of each field, as SQL writes it. */
  readonly typeNames: readonly string[];
}

export interface ReadOptions extends Partial<ResultLimits> {
  /** Stands before the caller's SQL; positions in errors are counted without it. */
  readonly prefix?: string;
}

export interface Reader {
  readonly limits: ResultLimits;
  /** @throws ToolError */
  read(call: ToolCall, sql: string, params: readonly unknown[], options?: ReadOptions): Promise<Answer>;
  close(): Promise<void>;
}

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
  return {
    limits,
    async read(call, sql, params, { prefix = "", maxRows = Infinity } = {}) {
      const caps = { ...limits, maxRows: Math.min(limits.maxRows, maxRows) };
      const start = performance.now();
      let rows = 0;
      const once = (): Promise<Answer> =>
        calls.readOnly({ queryTimeout: database.queryTimeout }, call.signal, async (session) => {
          const result = await session.query(prefix + sql, params, caps);
          rows = result.rows.length;
          return { ...result, typeNames: await typeNames.of(result.fields, session) };
        });
      try {
        const { maxRetries, retryDelay } = database;
        return await repeat(once, { maxRetries, retryDelay }, repeatableRead(), call.signal);
      } catch (error) {
        throw toToolError(error, { prefix });
      } finally {
        statements.record(call, { sql, rows, milliseconds: performance.now() - start });
      }
    },
    async close() {
      await Promise.race([calls.tidied(), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
      await closePool(pool, 500);
    },
  };
}
