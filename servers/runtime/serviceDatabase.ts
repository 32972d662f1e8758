import type { Pool, QueryConfig } from "pg";
import { closePool, openPool } from "./databasePool.ts";
import type { Loaded } from "./loadConfig.ts";

/** A caller waits no longer than this to hear that the database is away. */
const answerMilliseconds = 3000;

/** The server's own login (group `mcp_service`): it never runs a caller's SQL. */
export interface ServiceDatabase {
  /** Rows of one statement. @throws when the database does not answer */
  rows<Row extends object>(statement: QueryConfig): Promise<Row[]>;
  /** Runs one statement that records something. @throws when the database does not answer */
  record(statement: QueryConfig): Promise<void>;
  /** Goes over to a changed login or address; calls under way end on the old one. */
  reload(loaded: Loaded): void;
  close(): Promise<void>;
}

export function openServiceDatabase(server: string, first: Loaded): ServiceDatabase {
  let fingerprint = fingerprintOf(first);
  let pool = open(server, first);
  return {
    async rows<Row extends object>(statement: QueryConfig) {
      return (await pool.query<Row>(statement)).rows;
    },
    async record(statement) {
      await pool.query(statement);
    },
    reload(loaded) {
      const changed = fingerprintOf(loaded);
      if (changed === fingerprint) return;
      fingerprint = changed;
      const old = pool;
      pool = open(server, loaded);
      void closePool(old, 2 * answerMilliseconds);
    },
    close: () => closePool(pool, 1000),
  };
}

function open(server: string, { config, login }: Loaded): Pool {
  return openPool(config.database, login, {
    min: 1,
    max: config.database.pool.serviceMax,
    applicationName: `kilocode ${server}`,
    connectMilliseconds: answerMilliseconds,
    answerMilliseconds,
    session: { statement_timeout: answerMilliseconds },
  });
}

/** All that a pool depends on. */
function fingerprintOf({ config, login }: Loaded): string {
  const { connectionString, pool } = config.database;
  return JSON.stringify([connectionString, pool, login]);
}
