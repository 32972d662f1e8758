import type { IncomingHttpHeaders } from "node:http";
import { readCredential } from "./credentials.ts";
import type { Caller, KeyLookup } from "./keyVerifier.ts";
import type { Loaded } from "./loadConfig.ts";
import type { Refusal } from "./refusal.ts";

const challenge = 'Bearer realm="kilocode-mcp"';
const retryAfterSeconds = 2;

/** With `enableAuthentication: false` everybody is this caller. */
const anonymous: Omit<Caller, "servers"> = { client: "anonymous", role: "user", keyId: "none" };

export type Verdict =
  | { readonly caller: Caller }
  | { readonly refusal: Refusal; readonly reason: string; readonly cause?: unknown };

/**
 * Who sent this request, and may they use this server? 401 for a missing or invalid key, 403 for a valid key
 * of a client that is not allowed here, 503 while the database cannot say: an outage must not look like a
 * wrong key, or clients would throw theirs away.
 */
export async function authenticate(
  server: string,
  headers: IncomingHttpHeaders,
  { access, config }: Pick<Loaded, "access" | "config">,
  lookup: KeyLookup,
): Promise<Verdict> {
  if (!access.authentication.enabled || !config.security.enableAuthentication) {
    return { caller: { ...anonymous, servers: [server] } };
  }
  const credential = readCredential(headers, access.authentication.apiKey);
  if (credential.kind === "none")
    return { refusal: unauthorized("an API key is needed", challenge), reason: "no key" };
  if (credential.kind === "malformed") return { refusal: invalid(), reason: "malformed key" };
  let caller: Caller | undefined;
  try {
    caller = await lookup(credential.hash);
  } catch (cause) {
    return { refusal: unavailable(), reason: "keys cannot be checked", cause };
  }
  if (!caller) return { refusal: invalid(), reason: "unknown key" };
  if (!caller.servers.includes(server)) {
    return {
      refusal: { status: 403, message: `client ${caller.client} is not allowed on server ${server}` },
      reason: `client ${caller.client} is not allowed here`,
    };
  }
  return { caller };
}

function unauthorized(message: string, header: string): Refusal {
  return { status: 401, message, headers: { "www-authenticate": header } };
}

function invalid(): Refusal {
  return unauthorized("the API key is not valid", `${challenge}, error="invalid_token"`);
}

function unavailable(): Refusal {
  return {
    status: 503,
    message: "the database that knows the API keys does not answer; try again",
    headers: { "retry-after": String(retryAfterSeconds) },
  };
}
