import { performance } from "node:perf_hooks";
import { createHash } from "node:crypto";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import { byteCount } from "#model/files/schema/units.ts";
import type { Log } from "#servers/runtime/log.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";
import { toToolError } from "./databaseErrors.ts";
import { ReadOnlyCalls } from "./readOnlyCall.ts";
import { TypeNames } from "./typeNames.ts";

export interface ReadAnswer extends CappedResult {
  /** Type of each field, as SQL writes it. */
  readonly typeNames: readonly string[];
}

export interface Reader {
  readonly limits: ResultLimits;
  /** @throws ToolError */
  read(
    call: ToolCall,
    sql: string,
    params: readonly unknown[],
    limits?: Partial<ResultLimits>,
  ): Promise<ReadAnswer>;
  close(): Promise<void>;
}

/** What every session of the pool starts with and DISCARD ALL goes back to. */
function sessionSettings({ database }: PostgresFile): Record<string, string | number> {
  return {
    default_transaction_read_only: "on",
    statement_timeout: database.queryTimeout,
    lock_timeout: database.queryTimeout,
    idle_in_transaction_session_timeout: database.queryTimeout,
    // A statement whose connection is gone ends within a second even if the request to cancel it was lost.
    client_connection_check_interval: 1000,
    DateStyle: "ISO",
    IntervalStyle: "iso_8601",
    TimeZone: "UTC",
    bytea_output: "hex",
    extra_float_digits: 1,
  };
}

/** The read-only login's pool, and reading through it. */
export function openReader(config: PostgresFile, login: Login, log: Log): Reader {
  const { database, security } = config;
  const pool = openPool(database, login, {
    min: database.pool.min,
    max: database.pool.max,
    applicationName: "kilocode postgres reader",
    session: sessionSettings(config),
  });
  const calls = new ReadOnlyCalls(pool);
  const typeNames = new TypeNames();
  const limits = { maxRows: database.maxRows, maxBytes: byteCount(database.maxBytes) ?? 0 };
  return {
    limits,
    async read(call, sql, params, lower = {}) {
      const caps = {
        maxRows: Math.min(limits.maxRows, lower.maxRows ?? Infinity),
        maxBytes: limits.maxBytes,
      };
      const start = performance.now();
      let rows = 0;
      try {
        return await calls.run({ queryTimeout: database.queryTimeout }, call.signal, async (session) => {
          const result = await session.query(sql, params, caps);
          rows = result.rows.length;
          return { ...result, typeNames: await typeNames.of(result.fields, session) };
        });
      } catch (error) {
        throw toToolError(error);
      } finally {
        logStatement(log, security, call, { sql, rows, milliseconds: performance.now() - start });
      }
    },
    async close() {
      await Promise.race([calls.tidied(), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
      await closePool(pool, 500);
    },
  };
}

/** The text of a statement may hold anything, so the log has its fingerprint. */
function logStatement(
  log: Log,
  { queryLogging, slowQueryThreshold }: PostgresFile["security"],
  call: ToolCall,
  done: { sql: string; rows: number; milliseconds: number },
): void {
  const slow = done.milliseconds >= slowQueryThreshold;
  if (!slow && !queryLogging) return;
  const line = {
    client: call.caller.client,
    requestId: call.requestId,
    statement: createHash("sha256").update(done.sql).digest("hex").slice(0, 16),
    rows: done.rows,
    milliseconds: Math.round(done.milliseconds * 100) / 100,
  };
  if (slow) log.warn(line, "slow statement");
  else log.debug(line, "statement");
}
