import type { IncomingMessage, ServerResponse } from "node:http";
import type { CommonConfig } from "./commonConfig.ts";

/** A browser asks again after this time, in seconds. */
const preflightSeconds = 600;

/** Headers of an answer that a web page may read beside those that every page may. */
const exposedHeaders = ["MCP-Protocol-Version", "WWW-Authenticate", "Retry-After", "X-Request-Id"];

/**
 * Tells a browser what a web page may send and read, by `security.cors`. The request has passed `allowedOrigins`, and
 * only origins that stand in both lists get the headers, so nothing is widened. Cookies are not used and not allowed.
 *
 * @returns true if the request was a browser's question before the call, and is answered
 */
export function applyCors(
  request: IncomingMessage,
  response: ServerResponse,
  { cors, allowedOrigins }: CommonConfig["security"],
): boolean {
  if (cors?.enabled !== true) return false;
  response.appendHeader("vary", "Origin");
  const origin = request.headers.origin?.toLowerCase();
  if (origin === undefined || !cors.origins.includes(origin) || !allowedOrigins.includes(origin))
    return false;
  response.setHeader("access-control-allow-origin", origin);
  if (!isPreflight(request)) {
    response.setHeader("access-control-expose-headers", exposedHeaders.join(", "));
    return false;
  }
  response.writeHead(204, {
    "access-control-allow-methods": cors.methods.join(", "),
    "access-control-allow-headers": cors.headers.join(", "),
    "access-control-max-age": String(preflightSeconds),
  });
  response.end();
  return true;
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}
