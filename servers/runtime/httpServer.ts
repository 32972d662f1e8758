import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Server } from "node:https";
import { toNodeHandler } from "@modelcontextprotocol/node";
import type { NodeIncomingMessageLike } from "@modelcontextprotocol/node";
import { byteCount } from "#model/files/schema/units.ts";
import type { McpHttpHandler } from "@modelcontextprotocol/server";
import type { Access } from "./access/access.ts";
import { resourceUrls } from "./access/resourceUrls.ts";
import type { Auditor } from "./audit/auditor.ts";
import { recordRefusal } from "./audit/refusedRequest.ts";
import type { RefusedRequest } from "./audit/refusedRequest.ts";
import type { SslConfig } from "./commonConfig.ts";
import { applyCors } from "./cors.ts";
import { sendHealth } from "./health.ts";
import { CallerLimit } from "./limits/callerLimit.ts";
import { compressed } from "./limits/compression.ts";
import { ConnectionRoom, spareConnections } from "./limits/connectionRoom.ts";
import { readJsonBody } from "./limits/jsonBody.ts";
import { TokenBuckets } from "./limits/tokenBuckets.ts";
import type { Loaded } from "./loadConfig.ts";
import type { Log } from "./log.ts";
import { authInfoOf } from "./mcpHandler.ts";
import type { Refusal } from "./refusal.ts";
import { sendRefusal } from "./refusal.ts";
import { checkRequestOrigin } from "./requestOrigin.ts";

export interface HttpServerOptions {
  readonly current: () => Loaded;
  readonly access: Access;
  readonly handler: McpHttpHandler;
  readonly auditor: Auditor;
  readonly log: Log;
}

/** What belongs to one listening server. */
interface Entrance extends HttpServerOptions {
  readonly connections: ConnectionRoom;
  readonly callerLimit: CallerLimit;
  /** Requests without a valid key, by address. */
  readonly unproven: TokenBuckets;
}

/** Headers must be complete within this time, whatever `server.timeout` says; so must a TLS handshake. */
const headersMilliseconds = 10_000;
/** Longer than the 60 s that common proxies keep a connection, so that they never reuse one that just ended. */
const keepAliveMilliseconds = 65_000;

/** Requests of one address that are told that their key is not valid. */
const unprovenRate = { requestsPerMinute: 600, burst: 600 };

/** The HTTPS server: who may come in, and how much of it. Not listening yet. */
export function createHttpServer(options: HttpServerOptions): Server {
  const { config, tls } = options.current();
  const server = createServer({
    ...tls,
    handshakeTimeout: headersMilliseconds,
    headersTimeout: Math.min(headersMilliseconds, config.server.timeout),
    requestTimeout: config.server.timeout,
    keepAliveTimeout: keepAliveMilliseconds,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
  });
  applyLimits(server, options.current());
  const connections = new ConnectionRoom();
  connections.watch(server, () => options.current().config.server.maxConnections);
  const entrance = {
    ...options,
    connections,
    callerLimit: new CallerLimit(),
    unproven: new TokenBuckets(10_000),
  };
  server.on("request", (request, response) => {
    serve(request, response, entrance).catch((error: unknown) => {
      // Who has gone needs no answer, and is no error.
      if (!request.destroyed) options.log.error({ err: error }, "request failed");
      response.destroy();
    });
  });
  return server;
}

/** What can change while the server listens. */
export function applyLimits(server: Server, { config, tls }: Loaded): void {
  server.setSecureContext(tls);
  // Beyond that the system's own limit; who of them stays, says `ConnectionRoom`.
  server.maxConnections = config.server.maxConnections + spareConnections;
  server.requestTimeout = config.server.timeout;
}

async function serve(request: IncomingMessage, response: ServerResponse, entrance: Entrance): Promise<void> {
  const { config, ssl } = entrance.current();
  const { remoteAddress } = request.socket;
  if (ssl.enableHSTS) response.setHeader("strict-transport-security", strictTransport(ssl));
  const foreign = checkRequestOrigin(request.headers, config.security);
  if (foreign) {
    const refused = { refusal: foreign, reason: "host or origin", address: remoteAddress };
    return refuse(request, response, entrance, refused);
  }
  if (applyCors(request, response, config.security)) return;
  const from = entrance.access.addressOf(request);
  if ("problem" in from) {
    const refusal = { status: 400, message: from.problem } as const;
    return refuse(request, response, entrance, { refusal, reason: "address", address: remoteAddress });
  }
  const { address } = from;
  const path = (request.url ?? "/").split("?", 1)[0]!;
  if (path !== "/mcp") {
    if (from.real && !(await admit(request, response, entrance, { path, address }))) return;
    if (path === "/health") return sendHealth(request, response);
    if (await entrance.access.answer(path, request, response, from)) return;
    return sendRefusal(response, { status: 404, message: "the MCP endpoint is /mcp" });
  }

  const requestId = randomUUID();
  response.setHeader("x-request-id", requestId);
  const verdict = await entrance.access.authenticate({ headers: request.headers, from });
  if ("refusal" in verdict) return refuse(request, response, entrance, { ...verdict, requestId, address });
  const { caller } = verdict;
  entrance.connections.prove(request.socket);
  const gone = new AbortController();
  const userAgent = request.headers["user-agent"];
  const exchange = { call: { caller, requestId, signal: gone.signal, address, userAgent }, failed: false };
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const sender = { path, address, client: caller.client, requestId, failed: () => exchange.failed };
  if (!(await admit(request, response, entrance, sender))) return;

  const mostBytes = byteCount(config.server.maxRequestSize) ?? 0;
  const body = request.method === "POST" ? await readJsonBody(request, mostBytes) : undefined;
  if (body && "refusal" in body)
    return refuse(request, response, entrance, { ...body, reason: body.refusal.message, ...sender });
  const handle = toNodeHandler(entrance.handler, {
    onerror: (error) => entrance.log.error({ requestId, err: error }, "request failed"),
  });
  const auth = authInfoOf(exchange, resourceUrls(request.headers.host ?? "localhost").metadata);
  const answer = config.server.enableCompression ? compressed(request, response) : response;
  await handle(Object.assign(request, { auth }) as NodeIncomingMessageLike, answer, body?.value);
}

interface Sender {
  readonly path: string;
  readonly address: string;
  readonly client?: string;
  readonly requestId?: string;
  /** Whether the call failed although the status is 200. */
  readonly failed?: () => boolean;
}

/** Counts the request for its sender; false when it was refused. */
async function admit(
  request: IncomingMessage,
  response: ServerResponse,
  entrance: Entrance,
  { path, address, client, requestId, failed }: Sender,
): Promise<boolean> {
  const { rateLimit } = entrance.current().access;
  const verdict = await entrance.callerLimit.take(rateLimit, path, client ?? address);
  if ("ended" in verdict) {
    response.once("close", () => verdict.ended(response.statusCode >= 400 || failed?.() === true));
    return true;
  }
  // Of a row of refusals the first is recorded.
  if (verdict.first)
    await refuse(request, response, entrance, {
      refusal: verdict.refusal,
      reason: "rate limit",
      denied: true,
      client,
      requestId,
      address,
    });
  else sendRefusal(response, verdict.refusal);
  return false;
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { log, auditor, unproven }: Entrance,
  refused: RefusedRequest & { readonly cause?: unknown },
): Promise<void> {
  // Each 401 is a record on disk, so they cannot be any number.
  const often = refused.refusal.status === 401 && unproven.take(refused.address ?? "unknown", unprovenRate);
  if (often) return sendRefusal(response, tooOften(often.retryMilliseconds));
  const { refusal, reason, cause, address, requestId } = refused;
  const more = cause === undefined ? {} : { err: cause };
  log.warn({ status: refusal.status, reason, address, requestId, ...more }, "request refused");
  // Nobody is known to be behind this connection: it is not kept for more of the same.
  if (refused.client === undefined && refusal.status < 500) response.setHeader("connection", "close");
  sendRefusal(response, await recordRefusal(request, refused, auditor));
}

function tooOften(milliseconds: number): Refusal {
  const seconds = Math.ceil(milliseconds / 1000);
  return {
    status: 429,
    message: `too many requests without a valid key; try again in ${seconds} s`,
    headers: { "retry-after": String(seconds), connection: "close" },
  };
}

function strictTransport(ssl: SslConfig): string {
  const subDomains = ssl.hstsIncludeSubDomains ? "; includeSubDomains" : "";
  return `max-age=${ssl.hstsMaxAge}${subDomains}${ssl.hstsPreload ? "; preload" : ""}`;
}
