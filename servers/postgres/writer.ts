import { performance } from "node:perf_hooks";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import { byteCount } from "#model/files/schema/units.ts";
import { extensionSchemaName, roles, workspaceSchemaName } from "#model/names.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";
import { toToolError, writingHints } from "./databaseErrors.ts";
import { GuardedCalls } from "./guardedCalls.ts";
import type { GuardedSession } from "./guardedCalls.ts";
import type { Answer } from "./reader.ts";
import { repeat, repeatableWrite } from "./repeat.ts";
import { sessionSettings } from "./sessionSettings.ts";
import type { StatementLog } from "./statementLog.ts";
import { TypeNames } from "./typeNames.ts";

export interface Writer {
  /**
   * One statement that changes rows of the workspace, all or nothing.
   *
   * @throws ToolError, which says whether anything was written
   */
  write(call: ToolCall, sql: string, params: readonly unknown[], maxRows?: number): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * PostgreSQL takes only SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE after these words. (SELECT INTO passes;
 * the login may create nothing.)
 */
const preparing = "PREPARE kilocode_statement AS\n";
/** The same once more, as PostgreSQL reports what it has done; anything else is undone. */
const allowedCommand = /^(SELECT|INSERT|UPDATE|DELETE|MERGE) /;

const workspaceSize = `SELECT coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(oid)), 0) FROM pg_catalog.pg_class
  WHERE relnamespace = '${workspaceSchemaName}'::pg_catalog.regnamespace AND relkind IN ('r', 'm')`;

/** The writing login's pool, and writing through it. */
export function openWriter(config: PostgresFile, login: Login, statements: StatementLog): Writer {
  const { database } = config;
  const pool = openPool(database, login, {
    max: database.pool.writerMax,
    applicationName: "kilocode postgres writer",
    session: {
      ...sessionSettings(config),
      search_path: `${workspaceSchemaName},${extensionSchemaName}`,
    },
  });
  const calls = new GuardedCalls(pool);
  const typeNames = new TypeNames();
  const limits = { maxRows: database.maxRows, maxBytes: byteCount(database.maxBytes) ?? 0 };
  const maxSize = byteCount(database.writer.maxSize) ?? 0;
  return {
    async write(call, sql, params, maxRows = Infinity) {
      const caps = { ...limits, maxRows: Math.min(limits.maxRows, maxRows), toTheEnd: true };
      const start = performance.now();
      let rows = 0;
      const once = (): Promise<Answer> =>
        calls.committed(
          roles.writer,
          { queryTimeout: database.queryTimeout },
          call.signal,
          async (session) => {
            await refuseOtherThanRows(session, sql);
            const before = await sizeOf(session);
            const result = await session.query(sql, params, caps);
            refuseResult(result, database.maxBytes);
            const after = await sizeOf(session);
            if (after > maxSize && after > before) throw tooLarge(database.writer.maxSize);
            rows = result.rows.length;
            return { ...result, typeNames: await typeNames.of(result.fields, session) };
          },
        );
      try {
        const { maxRetries, retryDelay } = database;
        const { timeout } = config.server;
        return await repeat(once, { maxRetries, retryDelay, timeout }, repeatableWrite, call.signal);
      } catch (error) {
        throw toToolError(error, { hints: writingHints, writing: true });
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

const smallAnswer: ResultLimits = { maxRows: 1, maxBytes: 1024 };

/** @throws ToolError, PostgreSQL's syntax error, for all that changes more than rows */
async function refuseOtherThanRows(session: GuardedSession, sql: string): Promise<void> {
  try {
    await session.query(preparing + sql, [], smallAnswer);
  } catch (error) {
    throw toToolError(error, { prefix: preparing, hints: writingHints, writing: true });
  }
}

function refuseResult({ command, truncated }: CappedResult, maxBytes: string): void {
  if (command === "" && truncated !== undefined)
    throw new ToolError(
      "54000",
      `Nothing was written: what the statement returns is far larger than an answer may be (${maxBytes}). Return fewer rows or columns.`,
    );
  if (!allowedCommand.test(command))
    throw new ToolError("0A000", "Nothing was written: only statements that change rows are taken.");
}

async function sizeOf(session: GuardedSession): Promise<number> {
  const { rows } = await session.query(workspaceSize, [], smallAnswer);
  return Number(rows[0]?.[0] ?? 0);
}

function tooLarge(maxSize: string): ToolError {
  return new ToolError(
    "53100",
    `Nothing was written: the tables of ${workspaceSchemaName} would be larger than ${maxSize} together. Drop tables that nobody needs; rows that were deleted are counted until PostgreSQL has tidied up.`,
  );
}
