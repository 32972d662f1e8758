import { checkServerIdentity } from "node:tls";
import { Client } from "pg";
import { Fault } from "#model/fault.ts";

/** How a provider reaches one database. The host may be a tunnel's end, so only the certificate says who answers. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** PEM bundle that must have signed the server's certificate. */
  readonly ca: string;
}

export interface SessionOptions {
  /** What the session is for; shown as `application_name` in the server's log. Default `kilocode`. */
  readonly step?: string;
  /** Limit of the handshake in seconds. Default 15. */
  readonly connectSeconds?: number;
  /** Longest wait for the deployment's lock in seconds (only `withLockedSession`). Default 120. */
  readonly lockSeconds?: number;
}

/** The name every server certificate of a stack carries, whatever address it is reached through. */
const certificateName = "localhost";

/** One writer at a time: every step of a deployment that changes the database holds this session-level lock. */
export const deploymentLock = "7309940612";

const lockPollMilliseconds = 100;

const statementLockMilliseconds = 60_000;

/**
 * Runs `work` on a session with verified TLS and SCRAM bound to it, and ends the session afterwards.
 *
 * @throws Fault DATABASE_UNREACHABLE without a session, DATABASE_REFUSED when a statement fails; a Fault thrown
 *   by `work` passes through. None holds a password or a row.
 */
export async function withSession<T>(
  connection: Connection,
  work: (client: Client) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const client = newClient(connection, options);
  // Without a listener an unexpected end of the connection would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    await quietly(client.end());
    throw unreachable(connection, error);
  }
  try {
    return await work(client);
  } catch (error) {
    throw refused(connection, error, options.step);
  } finally {
    await quietly(client.end());
  }
}

/**
 * As `withSession`, holding the deployment's advisory lock. `work` must read its precondition itself: what was
 * known before the lock may have been changed by the step that held it.
 *
 * @throws Fault DATABASE_REFUSED also when the lock is not free in time.
 */
export async function withLockedSession<T>(
  connection: Connection,
  work: (client: Client) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  return withSession(
    connection,
    async (client) => {
      await takeLock(client, connection, options.lockSeconds ?? 120);
      return work(client);
    },
    options,
  );
}

/** Runs `work` between BEGIN and COMMIT; anything thrown rolls back. */
export async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await quietly(client.query("ROLLBACK"));
    throw error;
  }
}

/** The client, not yet connected, for callers that keep the session open themselves (migrations). */
export function newClient(connection: Connection, options: SessionOptions = {}): Client {
  return new Client({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    password: connection.password,
    application_name: `kilocode ${options.step ?? ""}`.trim(),
    connectionTimeoutMillis: (options.connectSeconds ?? 15) * 1000,
    keepAlive: true,
    // A statement that meets somebody's long transaction fails instead of holding the deployment for ever.
    lock_timeout: statementLockMilliseconds,
    enableChannelBinding: true,
    ssl: {
      ca: connection.ca,
      servername: certificateName,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      // `pg` overwrites the server name with the host where that is no address.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(certificateName, certificate),
    },
  });
}

/** Polls instead of waiting in the server, so that a killed waiter leaves nothing queued behind it. */
async function takeLock(client: Client, connection: Connection, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>(
      "SELECT pg_try_advisory_lock($1::bigint) AS taken",
      [deploymentLock],
    );
    if (rows[0]?.taken === true) return;
    if (performance.now() > deadline) {
      throw new Fault({
        code: "DATABASE_REFUSED",
        where: connection.database,
        problem: `another deployment has held the database's lock for ${seconds} s.`,
        mend: "wait for it to end, or end it, and run the command again; the lock ends with its session.",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, lockPollMilliseconds));
  }
}

/** The SQLSTATE or Node error code of what `pg` throws, if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** A failed connect as a Fault without the password. */
function unreachable(connection: Connection, error: unknown): Fault {
  return new Fault({
    code: "DATABASE_UNREACHABLE",
    where: `${connection.host}:${connection.port}`,
    problem: `no session as ${connection.user} in ${connection.database}: ${explain(connection, error)}.`,
    mend: "see that the server runs and what it says: `docker logs` of the stack's postgres container.",
  });
}

/**
 * A failed statement as a Fault without the password; DETAIL is left out because it can quote rows. What did not
 * come from the database stays as it is.
 */
export function refused(connection: Connection, error: unknown, step?: string): unknown {
  const lost = error instanceof Error && error.message.startsWith("Connection terminated");
  if (errorCode(error) === undefined && !lost) return error;
  if (error instanceof Fault) return error;
  return new Fault({
    code: "DATABASE_REFUSED",
    where: step === undefined ? connection.database : `${connection.database} (${step})`,
    problem: `as ${connection.user}: ${explain(connection, error)}.`,
    mend: "nothing of this step remains; mend the cause and run the command again.",
  });
}

/** Happy eyeballs wraps one refusal per address and leaves its own message empty. */
export function firstError(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] as unknown) : error;
}

/** The error's own words and code, without the connection's password. */
export function explain(connection: Connection, error: unknown): string {
  const first = firstError(error);
  const code = errorCode(first);
  const text = first instanceof Error ? first.message : "unknown error";
  const clean = connection.password === "" ? text : text.replaceAll(connection.password, "[secret]");
  return code === undefined ? clean : `${clean} (${code})`;
}

async function quietly(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // The first error is the one to report.
  }
}
