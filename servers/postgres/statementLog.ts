import { createHash } from "node:crypto";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";

/** How many statements of callers ran since this was made. */
export interface StatementCounts {
  readonly all: number;
  readonly slow: number;
}

export interface StatementDone {
  readonly sql: string;
  readonly rows: number;
  readonly milliseconds: number;
}

/** Logs and counts callers' statements. The text of one may hold anything, so the log has its fingerprint. */
export class StatementLog {
  readonly #log: Log;
  readonly #security: PostgresFile["security"];
  #counts = { all: 0, slow: 0 };

  constructor(log: Log, security: PostgresFile["security"]) {
    this.#log = log;
    this.#security = security;
  }

  get counts(): StatementCounts {
    return this.#counts;
  }

  record(call: ToolCall, done: StatementDone): void {
    const { queryLogging, slowQueryThreshold } = this.#security;
    const slow = done.milliseconds >= slowQueryThreshold;
    this.#counts = { all: this.#counts.all + 1, slow: this.#counts.slow + (slow ? 1 : 0) };
    if (!slow && !queryLogging) return;
    const line = {
      client: call.caller.client,
      requestId: call.requestId,
      statement: createHash("sha256").update(done.sql).digest("hex").slice(0, 16),
      rows: done.rows,
      milliseconds: Math.round(done.milliseconds * 100) / 100,
    };
    if (slow) this.#log.warn(line, "slow statement");
    else this.#log.debug(line, "statement");
  }
}
