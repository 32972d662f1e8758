import { SdkHttpError } from "@modelcontextprotocol/client";
import { Fault } from "#model/fault.ts";

/**
 * Why a request got no answer, as far as it matters for what to do next:
 * - `undelivered`: the server never saw it, so that it can be sent again
 * - `lost`: it was sent, and the connection broke before the answer came
 * - `distrusted`: the server's certificate is not one of the stack's
 * - `refused`: the server answered, but not with an answer of the protocol
 * - `unready`: this machine lacks what a request needs
 */
export type FailureKind = "undelivered" | "lost" | "distrusted" | "refused" | "unready";

export interface Failure {
  readonly kind: FailureKind;
  /** For people, without secrets. */
  readonly reason: string;
  /** HTTP status of a refusal. */
  readonly status?: number;
  /** JSON-RPC error that the refusal carried. */
  readonly error?: JsonRpcError;
}

export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Codes of errors that happen before a request is on its way. */
const beforeDelivery = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Codes of connections that broke while a request was on its way. */
const onTheWay = /^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|UND_ERR_|HPE_|ERR_STREAM_)/;

const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_/;

/** Reads an error of the HTTP transport. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Fault) return { kind: "unready", reason: error.message };
  if (error instanceof SdkHttpError) return refusal(error);
  for (const cause of causes(error)) {
    const code = codeOf(cause);
    if (beforeDelivery.has(code)) return { kind: "undelivered", reason: code };
    if (/before secure TLS connection was established/.test(cause.message)) {
      return { kind: "undelivered", reason: code };
    }
    if (certificateCode.test(code)) return { kind: "distrusted", reason: cause.message };
    if (onTheWay.test(code)) return { kind: "lost", reason: code };
  }
  return { kind: "refused", reason: causes(error).at(-1)?.message ?? String(error) };
}

function refusal(error: SdkHttpError): Failure {
  const status = error.status ?? 0;
  const carried = carriedError(error.data["text"]);
  const reason = carried?.message ?? oauthReason(error.data["text"]) ?? `HTTP status ${status}`;
  // A server that is about to end, or a proxy whose server is not there yet: nothing was carried out.
  const kind = status === 503 ? "undelivered" : "refused";
  return { kind, reason, status, ...(carried && { error: carried }) };
}

function carriedError(text: unknown): JsonRpcError | undefined {
  try {
    const { error } = JSON.parse(typeof text === "string" ? text : "") as { error?: Partial<JsonRpcError> };
    if (typeof error?.code !== "number" || typeof error.message !== "string") return undefined;
    return error as JsonRpcError;
  } catch {
    return undefined;
  }
}

/** A refusal for lack of permission has the form of OAuth (RFC 6749, 5.2). */
function oauthReason(text: unknown): string | undefined {
  try {
    const { error, error_description: description } = JSON.parse(
      typeof text === "string" ? text : "",
    ) as Record<string, unknown>;
    if (typeof error !== "string") return undefined;
    return typeof description === "string" ? description : error;
  } catch {
    return undefined;
  }
}

/** An error and what caused it, outermost first. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  for (let at = error; at instanceof Error && !found.includes(at); at = at.cause) found.push(at);
  return found;
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : "";
}
