import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { hasKeyForm, hashKey } from "#servers/runtime/credentials.ts";
import type { Caller, CallerLookup } from "#servers/runtime/keyVerifier.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { AccessDatabase } from "./accessDatabase.ts";
import { signToken } from "./accessToken.ts";
import { scopes } from "./challenge.ts";
import type { ClientAddress } from "./clientAddress.ts";
import type { FailedAttempts } from "./failedAttempts.ts";
import { oauthError } from "./oauthAnswer.ts";
import type { OAuthAnswer } from "./oauthAnswer.ts";
import { resourceUrls } from "./resourceUrls.ts";
import { readTokenRequest } from "./tokenRequest.ts";
import type { TokenRequest } from "./tokenRequest.ts";

export interface TokenEndpoint {
  readonly server: string;
  readonly database: AccessDatabase;
  readonly callers: CallerLookup;
  readonly attempts: FailedAttempts;
}

/** What came of a request, for the log and the audit; never holds key or token. */
export interface Issued {
  readonly answer: OAuthAnswer;
  readonly grant: string | undefined;
  readonly caller?: Caller;
  /** Why not; undefined when tokens were given. */
  readonly reason?: string;
  readonly cause?: unknown;
}

const refreshPrefix = "kcr_";
/** Seconds. */
const retryAfter = 2;

/** `POST /token`: a key, or a refresh token, for an access token and the next refresh token. */
export async function issueTokens(
  request: IncomingMessage,
  from: ClientAddress,
  loaded: Loaded,
  endpoint: TokenEndpoint,
): Promise<Issued> {
  const { method } = loaded.access.authentication;
  if (loaded.tokenKeys === undefined) {
    const answer = oauthError(
      404,
      "invalid_request",
      `this server gives no tokens (method ${method}): send the key`,
    );
    return { answer, grant: undefined, reason: "tokens are switched off" };
  }
  if (request.method !== "POST") {
    const answer = oauthError(405, "invalid_request", "use POST", { allow: "POST" });
    return { answer, grant: undefined, reason: "method" };
  }
  const asked = await readTokenRequest(request);
  if ("answer" in asked) return { answer: asked.answer, grant: undefined, reason: "malformed request" };
  const { resource, origin } = resourceUrls(request.headers.host ?? endpoint.server);
  const target = asked.fields["resource"];
  if (target !== undefined && ![resource, origin, `${origin}/`].includes(target)) {
    const answer = oauthError(400, "invalid_target", `tokens of this server are for ${resource}`);
    return { answer, grant: asked.grant, reason: "another resource" };
  }
  try {
    if (asked.grant === "client_credentials") return await byKey(asked, request, from, loaded, endpoint);
    if (asked.grant === "refresh_token") return await byRefreshToken(asked, from, loaded, endpoint);
  } catch (cause) {
    const answer = oauthError(503, "temporarily_unavailable", "the database does not answer; try again", {
      "retry-after": String(retryAfter),
    });
    return { answer, grant: asked.grant, reason: "keys cannot be checked", cause };
  }
  const answer = oauthError(
    400,
    "unsupported_grant_type",
    "allowed are client_credentials and refresh_token",
  );
  return { answer, grant: undefined, reason: "grant type" };
}

async function byKey(
  { grant, fields, basic }: TokenRequest,
  { headers }: IncomingMessage,
  from: ClientAddress,
  loaded: Loaded,
  { server, callers, attempts, database }: TokenEndpoint,
): Promise<Issued> {
  const { apiKey, session, jwt } = loaded.access.authentication;
  const sent = [
    ...new Set(
      [
        [headers[apiKey.header.toLowerCase()]].flat()[0]?.trim(),
        /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1],
        basic?.secret,
        fields["client_secret"],
      ].filter((value) => value !== undefined),
    ),
  ];
  const key = sent[0] ?? "";
  const hash = hashKey(key);
  const refuse = (reason: string): Issued => {
    const scheme = { "www-authenticate": 'Basic realm="kilocode-mcp"' };
    return { answer: oauthError(401, "invalid_client", reason, scheme), grant, reason };
  };
  if (sent.length === 0) return refuse("the API key is missing: send it as client_secret");
  const wait = attempts.wait(hash, from);
  if (wait > 0) return waiting(wait, grant);
  const caller =
    sent.length === 1 && hasKeyForm(key, apiKey) ? await callers.find({ keyHash: hash }) : undefined;
  const claimed = basic?.id ?? fields["client_id"];
  if (!caller || (claimed !== undefined && claimed !== caller.client)) {
    attempts.failed(hash, from);
    return refuse(caller ? "the API key is another client's" : "the API key is not valid");
  }
  attempts.succeeded(hash, from);
  if (!caller.servers.includes(server)) {
    const description = `client ${caller.client} is not allowed on server ${server}`;
    return {
      answer: oauthError(403, "unauthorized_client", description),
      grant,
      caller,
      reason: description,
    };
  }
  if (!session.enabled) return give({ caller, grant }, loaded, server);
  const refresh = newRefreshToken();
  // Not longer than a token that nobody may use any more could be exchanged.
  const started = await database.startFamily(caller.keyId, hashKey(refresh), jwt.refreshTokenExpiresIn);
  if (!started) return refuse("the API key is not valid");
  return give(
    { caller: { ...caller, family: started.family }, grant, refresh, endsAt: started.endsAt },
    loaded,
    server,
  );
}

async function byRefreshToken(
  { grant, fields }: TokenRequest,
  from: ClientAddress,
  loaded: Loaded,
  { server, attempts, database }: TokenEndpoint,
): Promise<Issued> {
  const { session } = loaded.access.authentication;
  const token = fields["refresh_token"];
  const invalid = (reason: string, caller?: Caller): Issued => ({
    answer: oauthError(400, "invalid_grant", reason),
    grant,
    reason,
    ...(caller && { caller }),
  });
  if (token === undefined) {
    return {
      answer: oauthError(400, "invalid_request", "refresh_token is missing"),
      grant,
      reason: "malformed",
    };
  }
  if (!session.enabled) return invalid("tokens are not renewed here: exchange the key again");
  const hash = hashKey(token);
  const wait = attempts.wait(hash, from);
  if (wait > 0) return waiting(wait, grant);
  const refresh = newRefreshToken();
  const done = token.startsWith(refreshPrefix)
    ? await database.exchange(hash, hashKey(refresh), session.timeout, session.refreshInterval)
    : ({ outcome: "unknown" } as const);
  if (done.outcome === "unknown") {
    attempts.failed(hash, from);
    return invalid("the refresh token is not valid");
  }
  const { outcome, family, endsAt, caller } = done;
  if (outcome === "early") {
    const description = `the refresh token may be exchanged in ${done.wait} s; it stays valid`;
    const answer = oauthError(429, "slow_down", description, { "retry-after": String(done.wait) });
    return { answer, grant, reason: "too early", ...(caller && { caller }) };
  }
  if (outcome === "reused") {
    attempts.failed(hash, { ...from, real: false });
    return invalid("the refresh token was used before; all tokens of its family are revoked", caller);
  }
  if (outcome === "ended" || !caller) return invalid("the session has ended: exchange the key again", caller);
  if (!caller.servers.includes(server))
    return invalid(`client ${caller.client} is not allowed here any more`, caller);
  attempts.succeeded(hash, from);
  return give({ caller: { ...caller, family }, grant, refresh, endsAt }, loaded, server);
}

interface Gift {
  readonly caller: Caller;
  readonly grant: string;
  readonly refresh?: string;
  /** Of the family: no access token outlives it. */
  readonly endsAt?: Date;
}

async function give(
  { caller, grant, refresh, endsAt }: Gift,
  loaded: Loaded,
  server: string,
): Promise<Issued> {
  const { access, tokenKeys } = loaded;
  const { jwt, session } = access.authentication;
  const now = Math.floor(Date.now() / 1000);
  const end = endsAt ? Math.floor(endsAt.getTime() / 1000) : Infinity;
  const expiresAt = Math.min(now + jwt.expiresIn, end);
  const { client, keyId, family } = caller;
  const token = await signToken({ ring: tokenKeys!, jwt, server }, { client, keyId, family, expiresAt });
  const permitted = access.authorization.roles[caller.role]?.permissions ?? [];
  const body = {
    access_token: token,
    token_type: "Bearer",
    expires_in: expiresAt - now,
    scope: scopes.filter((scope) => permitted.includes("*") || permitted.includes(scope)).join(" "),
    ...(refresh !== undefined && {
      refresh_token: refresh,
      refresh_token_expires_in: Math.min(session.timeout, end - now),
    }),
  };
  return { answer: { status: 200, body }, grant, caller };
}

function waiting(seconds: number, grant: string): Issued {
  const description = `too many failed attempts; wait ${seconds} s`;
  const answer = oauthError(429, "slow_down", description, { "retry-after": String(seconds) });
  return { answer, grant, reason: "too many failed attempts" };
}

/** 256 random bits; nothing can be read from it. */
function newRefreshToken(): string {
  return refreshPrefix + randomBytes(32).toString("base64url");
}
