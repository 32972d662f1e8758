import { Fault } from "#model/fault.ts";
import type { Connection } from "#providers/database/connect.ts";
import { errorCode, explain, firstError } from "#providers/database/connect.ts";

/** Why a login did not work, and whether waiting can help. */
export type LoginFailure = "starting" | "password" | "certificate" | "host" | "other";

/** A server that starts, stops or restarts, seen directly or through the engine's proxy of its port. */
const passing = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // cannot_connect_now, admin_shutdown, crash_shutdown, too_many_connections
  "57P03",
  "57P01",
  "57P02",
  "53300",
]);

const passingTexts = [
  "Connection terminated",
  "Client network socket disconnected",
  "timeout expired",
  "socket hang up",
];

/** invalid_authorization_specification, invalid_password */
const passwordCodes = new Set(["28000", "28P01"]);

const hostCodes = new Set(["ENOTFOUND", "EAI_AGAIN"]);

/** OpenSSL's verification errors as Node names them (`node:tls`, "X509 certificate error codes"). */
const certificateCode =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/;

export function classify(error: unknown): LoginFailure {
  const first = firstError(error);
  const code = errorCode(first) ?? "";
  const text = first instanceof Error ? first.message : "";
  if (passwordCodes.has(code)) return "password";
  if (certificateCode.test(code) || text.includes("does not support SSL")) return "certificate";
  if (passing.has(code) || passingTexts.some((part) => text.includes(part))) return "starting";
  return hostCodes.has(code) ? "host" : "other";
}

const mends: Record<LoginFailure, string> = {
  starting: "see what the server says: `docker logs` of the stack's database container.",
  password:
    "the server keeps a password that this stack does not know: use the state that made its volume, or set the password over the container's local socket.",
  certificate:
    "see which certificate the server serves; if another program has the port, change `network.portBase`.",
  host: "see that the name resolves on this machine, or set `postgres.reach`.",
  other: "see what the server says: `docker logs` of the stack's database container.",
};

/** The failure as a Fault; `seconds` where waiting was tried. */
export function loginFault(connection: Connection, error: unknown, seconds?: number): Fault {
  const waited = seconds === undefined ? "" : `no TLS login in ${seconds} s; the last try ended with: `;
  return new Fault({
    code: "DATABASE_UNREACHABLE",
    where: `${connection.host}:${connection.port}`,
    problem: `${waited}${explain(connection, error)}, as ${connection.user}.`,
    mend: mends[classify(error)],
  });
}
