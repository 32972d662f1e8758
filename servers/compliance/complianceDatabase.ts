import type { Pool, PoolClient } from "pg";
import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import { schemaName } from "#model/names.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";

/** Connections to look with: one for each check, one that holds the lock of the run. */
const besideChecks = 1;
/** PostgreSQL ends a statement at its time-out; a connection that does not answer then is given up. */
const graceMilliseconds = 2000;

/** The server's own login for what its tools do, beside the runtime's few connections. */
export interface ComplianceDatabase {
  readonly pool: Pool;
  /**
   * Runs `work` while no other server of the stack is at a run; undefined if one is. The lock ends with its
   * connection, whatever happens to this process.
   */
  alone<T>(work: () => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

export function openComplianceDatabase(config: ComplianceFile, login: Login): ComplianceDatabase {
  const { maxConcurrentChecks, checkTimeout } = config.compliance;
  const pool = openPool(config.database, login, {
    max: maxConcurrentChecks + besideChecks,
    applicationName: "kilocode compliance checks",
    answerMilliseconds: checkTimeout + graceMilliseconds,
    session: { statement_timeout: checkTimeout, TimeZone: "UTC", DateStyle: "ISO" },
  });
  return {
    pool,
    async alone(work) {
      const holder = await pool.connect();
      let kept = true;
      try {
        if (!(await asked(holder, "begin_compliance_run"))) return undefined;
        try {
          return await work();
        } finally {
          kept = await asked(holder, "end_compliance_run").catch(() => false);
        }
      } catch (error) {
        kept = false;
        throw error;
      } finally {
        // A connection that may still hold the lock is closed, which frees it.
        holder.release(!kept);
      }
    },
    close: () => closePool(pool, 1000),
  };
}

async function asked(client: PoolClient, name: string): Promise<boolean> {
  const { rows } = await client.query<{ answer: boolean }>(`SELECT ${schemaName}.${name}() AS answer`);
  return rows[0]?.answer === true;
}
