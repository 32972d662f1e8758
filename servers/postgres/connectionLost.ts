import { DatabaseError } from "pg";

/** How far a call had come when its connection was lost. */
export type Phase = "connecting" | "running" | "committing";

/** PostgreSQL, or the way to it, went away by itself; not for time-outs and calls that were given up. */
export class ConnectionLost extends Error {
  readonly phase: Phase;
  /** Whether PostgreSQL said that it was ending the session, as at a restart. */
  readonly announced: boolean;

  constructor(phase: Phase, cause: unknown) {
    super("the connection to the database was lost", { cause });
    this.phase = phase;
    this.announced = cause instanceof DatabaseError;
  }
}

const socketCodes = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/**
 * Connection exceptions (but not 08P01, a wrong number of parameters); administrator's or crash's shutdown, and a
 * server that is starting.
 */
const sqlStates = /^(08(?!P01)|57P0[123])/;
/** What `pg` says without a code. */
const messages = /^(Connection terminated unexpectedly|Client has encountered a connection error)/;

export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (error instanceof DatabaseError) return typeof code === "string" && sqlStates.test(code);
  return (typeof code === "string" && socketCodes.has(code)) || messages.test(error.message);
}
