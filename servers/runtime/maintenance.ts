import { schemaName } from "#model/names.ts";
import { closePool, openPool } from "./databasePool.ts";
import type { Loaded } from "./loadConfig.ts";
import type { Log } from "./log.ts";

/** The database itself skips a round that comes too early, so every server may ask. */
const intervalMilliseconds = 15 * 60_000;
/** After a start the server has better things to do. */
const firstMilliseconds = 30_000;
const roundMilliseconds = 5 * 60_000;

interface Round {
  readonly more: boolean;
  readonly rows_deleted: string;
  readonly partitions_created: number;
  readonly partitions_dropped: number;
  readonly problems: string[];
}

/**
 * Calls the database's maintenance (partitions ahead, expired rows away) on a timer; any scheduler could do the
 * same. Returns what ends it.
 */
export function keepMaintained(server: string, current: () => Loaded, log: Log): () => void {
  let timer: NodeJS.Timeout;
  const later = (milliseconds: number) => {
    timer = setTimeout(() => void once(), milliseconds).unref();
  };
  const once = async (): Promise<void> => {
    try {
      const round = await maintain(server, current());
      if (round) log.info({ ...round }, "maintenance");
      later(round?.more === true ? 1000 : intervalMilliseconds);
    } catch (error) {
      log.warn({ err: error }, "maintenance failed; it is tried again");
      later(intervalMilliseconds);
    }
  };
  later(firstMilliseconds);
  return () => clearTimeout(timer);
}

/** One round; undefined if the database says that it is not due. */
export async function maintain(server: string, { config, login }: Loaded): Promise<Round | undefined> {
  const pool = openPool(config.database, login, {
    max: 1,
    applicationName: `kilocode ${server} maintenance`,
    connectMilliseconds: 10_000,
    answerMilliseconds: roundMilliseconds,
    session: { statement_timeout: roundMilliseconds },
  });
  try {
    const { rows } = await pool.query<Round>(
      `SELECT more, rows_deleted, partitions_created, partitions_dropped, problems FROM ${schemaName}.run_maintenance()`,
    );
    return rows[0];
  } finally {
    await closePool(pool, 1000);
  }
}
