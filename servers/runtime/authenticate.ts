import type { IncomingHttpHeaders } from "node:http";
import type { TokenIssuer } from "./access/accessToken.ts";
import { challenge } from "./access/challenge.ts";
import type { ClientAddress } from "./access/clientAddress.ts";
import { credentialId } from "./access/failedAttempts.ts";
import type { FailedAttempts } from "./access/failedAttempts.ts";
import { resourceUrls } from "./access/resourceUrls.ts";
import type { TokenCheck } from "./access/tokenCheck.ts";
import { readCredential } from "./credentials.ts";
import type { Caller, CallerLookup, Question } from "./keyVerifier.ts";
import type { Loaded } from "./loadConfig.ts";
import type { Refusal } from "./refusal.ts";

/** Seconds. */
const retryAfter = 2;

/** With `enableAuthentication: false` everybody is this caller. */
const anonymous: Omit<Caller, "servers"> = { client: "anonymous", role: "user", keyId: "none" };

export type Verdict =
  | { readonly caller: Caller }
  | {
      readonly refusal: Refusal;
      readonly reason: string;
      readonly client?: string;
      readonly cause?: unknown;
    };

/** What of a request is looked at. The host has been checked. */
export interface Asking {
  readonly headers: IncomingHttpHeaders;
  readonly from: ClientAddress;
}

/** What remembers and knows. */
export interface Doorkeepers {
  readonly callers: CallerLookup;
  readonly tokens: TokenCheck;
  readonly attempts: FailedAttempts;
}

/**
 * Who sent this request, and may they use this server? 401 for a missing or invalid key or token, 403 for a valid
 * one of a client that is not allowed here, 429 after too many failures, 503 while the database cannot say: an
 * outage must not look like a wrong key, or clients would throw theirs away.
 */
export async function authenticate(
  server: string,
  { headers, from }: Asking,
  { access, config, tokenKeys }: Pick<Loaded, "access" | "config" | "tokenKeys">,
  { callers, tokens, attempts }: Doorkeepers,
): Promise<Verdict> {
  if (!access.authentication.enabled || !config.security.enableAuthentication) {
    return { caller: { ...anonymous, servers: [server] } };
  }
  const { metadata } = resourceUrls(headers.host ?? server);
  const unauthorized = (message: string, problem?: string): Refusal => ({
    status: 401,
    message,
    headers: { "www-authenticate": challenge(metadata, problem) },
  });
  const credential = readCredential(headers, access.authentication.apiKey);
  if (credential.kind === "none") {
    return { refusal: unauthorized("an API key or a token is needed"), reason: "no key" };
  }
  const own = headers[access.authentication.apiKey.header.toLowerCase()];
  const id =
    credential.kind === "key" ? credential.hash : credentialId(JSON.stringify([headers.authorization, own]));
  const wait = attempts.wait(id, from);
  if (wait > 0) return { refusal: tooMany(wait), reason: "too many failed attempts" };
  const wrong = (message: string, reason: string, counted: ClientAddress = from): Verdict => {
    attempts.failed(id, counted);
    return { refusal: unauthorized(message, message), reason };
  };

  if (credential.kind === "malformed") return wrong("this is no API key and no token", "malformed key");
  let question: Question;
  if (credential.kind === "key") question = { keyHash: credential.hash };
  else {
    const issuer: TokenIssuer | undefined = tokenKeys && {
      ring: tokenKeys,
      jwt: access.authentication.jwt,
      server,
    };
    if (!issuer)
      return wrong("tokens are not taken here, send an API key", "token where keys alone are taken");
    const claims = await tokens.verify(issuer, credential.token);
    if (claims === undefined) return wrong("the token is not valid", "invalid token");
    if (claims === "expired") {
      return {
        refusal: unauthorized("the token has expired", "the token has expired"),
        reason: "expired token",
      };
    }
    question = { keyId: claims.keyId, family: claims.family };
  }

  let caller: Caller | undefined;
  try {
    caller = await callers.find(question);
  } catch (cause) {
    return { refusal: unavailable(), reason: "keys cannot be checked", cause };
  }
  if (!caller && credential.kind === "key") return wrong("the API key is not valid", "unknown key");
  // It was given by this server: nobody guessed, so it is not held against the address.
  if (!caller) return wrong("the token has been revoked", "revoked token", { ...from, real: false });
  attempts.succeeded(id, from);
  if (!caller.servers.includes(server)) {
    return {
      refusal: { status: 403, message: `client ${caller.client} is not allowed on server ${server}` },
      reason: `client ${caller.client} is not allowed here`,
      client: caller.client,
    };
  }
  return { caller };
}

function tooMany(seconds: number): Refusal {
  return {
    status: 429,
    message: `too many failed attempts; wait ${seconds} s and check the key`,
    headers: { "retry-after": String(seconds) },
  };
}

function unavailable(): Refusal {
  return {
    status: 503,
    message: "the database that knows the API keys does not answer; try again",
    headers: { "retry-after": String(retryAfter) },
  };
}
