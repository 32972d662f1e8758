import { Pool } from "pg";
import type { CommonConfig } from "./commonConfig.ts";
import { databaseAddress } from "./databaseAddress.ts";
import { databaseActivity } from "./observe/databaseActivity.ts";

export interface Login {
  readonly user: string;
  readonly password: string;
  /** PEM bundle that must have signed PostgreSQL's certificate, which must also name the host. */
  readonly ca: string;
}

export interface PoolOptions {
  readonly max: number;
  /** Idle connections that are kept; default none. */
  readonly min?: number;
  /** Shown by PostgreSQL's log and statistics. */
  readonly applicationName: string;
  /** Longest wait for a connection, in milliseconds; default as configured. */
  readonly connectMilliseconds?: number;
  /** Longest wait for an answer, in milliseconds, after which the connection is given up; default none. */
  readonly answerMilliseconds?: number;
  /** Whether statements are sent although the one before has no answer yet; default false. Not for cursors. */
  readonly pipeline?: boolean;
  /** Settings of every session; they are also what DISCARD ALL goes back to. */
  readonly session?: Readonly<Record<string, string | number>>;
}

/**
 * A pool whose connections verify PostgreSQL's certificate and bind SCRAM to it. Nothing is connected until
 * the first use.
 */
export function openPool(database: CommonConfig["database"], login: Login, options: PoolOptions): Pool {
  const { host, port, name } = databaseAddress(database.connectionString);
  const session = Object.entries(options.session ?? {}).map(([key, value]) => `-c ${key}=${value}`);
  const pool = new Pool({
    host,
    port,
    database: name,
    user: login.user,
    password: login.password,
    ssl: { ca: login.ca, rejectUnauthorized: true, minVersion: "TLSv1.2" },
    enableChannelBinding: true,
    application_name: options.applicationName,
    options: session.join(" "),
    min: Math.min(options.min ?? 0, options.max),
    max: options.max,
    maxUses: database.pool.maxUses,
    idleTimeoutMillis: database.pool.idleTimeoutMillis,
    connectionTimeoutMillis: Math.min(
      options.connectMilliseconds ?? Infinity,
      database.pool.connectionTimeoutMillis,
    ),
    keepAlive: true,
    pipeline: options.pipeline ?? false,
    ...(options.answerMilliseconds === undefined ? {} : { query_timeout: options.answerMilliseconds }),
  });
  // An idle connection that PostgreSQL ends is replaced at the next use; without a listener it ends the process.
  pool.on("error", () => {});
  databaseActivity.watch(pool);
  return pool;
}

/** Ends the pool when its connections are back, at the latest after `milliseconds`. */
export async function closePool(pool: Pool, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds).unref();
  });
  await Promise.race([pool.end(), limit]);
  clearTimeout(timer);
}
