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
import { WorkspaceWatch, workspaceSize } from "./workspaceSize.ts";

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

/**
 * The writing login's pool, and writing through it.
 *
 * @param workspaceBytes asks for the size of the workspace on another connection
 */
export function openWriter(
  config: PostgresFile,
  login: Login,
  statements: StatementLog,
  workspaceBytes: () => Promise<number>,
): Writer {
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
      const once = async (): Promise<Answer> => {
        const watch = new WorkspaceWatch(workspaceBytes, maxSize);
        const signal = AbortSignal.any([call.signal, watch.signal]);
        try {
          return await calls.committed(
            roles.writer,
            { queryTimeout: database.queryTimeout },
            signal,
            async (session) => {
              await refuseOtherThanRows(session, sql);
              const before = await sizeOf(session);
              watch.start(before);
              const result = await session.query(sql, params, caps);
              watch.stop();
              refuseResult(result, database.maxBytes);
              const after = await sizeOf(session);
              if (after > maxSize && after > before) throw tooLarge(database.writer.maxSize);
              rows = result.rows.length;
              return { ...result, typeNames: await typeNames.of(result.fields, session) };
            },
          );
        } catch (error) {
          throw watch.signal.aborted ? tooLarge(database.writer.maxSize) : error;
        } finally {
          watch.stop();
        }
      };
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
