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
import type { SslConfig } from "./commonConfig.ts";
import { applyCors } from "./cors.ts";
import { sendHealth } from "./health.ts";
import type { Loaded } from "./loadConfig.ts";
import type { Log } from "./log.ts";
import { authInfoOf } from "./mcpHandler.ts";
import { sendRefusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { checkRequestOrigin } from "./requestOrigin.ts";

export interface HttpServerOptions {
  readonly current: () => Loaded;
  readonly access: Access;
  readonly handler: McpHttpHandler;
  readonly log: Log;
}

/** Headers must be complete within this time, whatever `server.timeout` says; so must a TLS handshake. */
const headersMilliseconds = 10_000;
/** Longer than the 60 s that common proxies keep a connection, so that they never reuse one that just ended. */
const keepAliveMilliseconds = 65_000;

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
  server.on("request", (request, response) => {
    serve(request, response, options).catch((error: unknown) => {
      options.log.error({ err: error }, "request failed");
      response.destroy();
    });
  });
  return server;
}

/** What can change while the server listens. */
export function applyLimits(server: Server, { config, tls }: Loaded): void {
  server.setSecureContext(tls);
  server.maxConnections = config.server.maxConnections;
  server.requestTimeout = config.server.timeout;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
): Promise<void> {
  const loaded = options.current();
  const { config, ssl } = loaded;
  if (ssl.enableHSTS) response.setHeader("strict-transport-security", strictTransport(ssl));
  const foreign = checkRequestOrigin(request.headers, config.security);
  if (foreign) return refuse(request, response, options.log, foreign, "host or origin");
  if (applyCors(request, response, config.security)) return;
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (path === "/health") return sendHealth(request, response);
  const from = options.access.addressOf(request);
  if ("problem" in from) {
    const refusal = { status: 400, message: from.problem } as const;
    return refuse(request, response, options.log, refusal, "address");
  }
  if (await options.access.answer(path, request, response, from)) return;
  if (path !== "/mcp") return sendRefusal(response, { status: 404, message: "the MCP endpoint is /mcp" });

  const requestId = randomUUID();
  response.setHeader("x-request-id", requestId);
  const verdict = await options.access.authenticate({ headers: request.headers, from });
  if ("refusal" in verdict) {
    const { refusal, reason, cause } = verdict;
    return refuse(
      request,
      response,
      options.log,
      refusal,
      reason,
      cause === undefined ? { requestId } : { requestId, err: cause },
    );
  }
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const { metadata } = resourceUrls(request.headers.host ?? "localhost");
  const call = { caller: verdict.caller, requestId, address: from.address, signal: gone.signal };
  const auth = authInfoOf(call, metadata);
  const handle = toNodeHandler(options.handler, {
    maxRequestBodySize: byteCount(config.server.maxRequestSize) ?? 0,
    onerror: (error) => options.log.error({ requestId, err: error }, "request failed"),
  });
  await handle(Object.assign(request, { auth }) as NodeIncomingMessageLike, response);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
  refusal: Refusal,
  reason: string,
  more: Record<string, unknown> = {},
): void {
  const address = request.socket.remoteAddress;
  log.warn({ status: refusal.status, reason, address, ...more }, "request refused");
  sendRefusal(response, refusal);
}

function strictTransport(ssl: SslConfig): string {
  const subDomains = ssl.hstsIncludeSubDomains ? "; includeSubDomains" : "";
  return `max-age=${ssl.hstsMaxAge}${subDomains}${ssl.hstsPreload ? "; preload" : ""}`;
}
