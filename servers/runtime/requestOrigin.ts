import type { IncomingHttpHeaders } from "node:http";
import { validateHostHeader } from "@modelcontextprotocol/server";
import type { CommonConfig } from "./commonConfig.ts";
import type { Refusal } from "./refusal.ts";

/**
 * Host and Origin of a request against the configured lists: a web page that points its own name at this
 * server (DNS rebinding), or a page of another origin, gets 403. Undefined when the request may proceed.
 */
export function checkRequestOrigin(
  headers: IncomingHttpHeaders,
  security: CommonConfig["security"],
): Refusal | undefined {
  const host = validateHostHeader(headers.host, security.allowedHosts);
  if (!host.ok) return { status: 403, message: "this host name is not one of the server's allowedHosts" };
  if (headers.origin !== undefined && !security.allowedOrigins.includes(headers.origin.toLowerCase())) {
    return { status: 403, message: "this origin is not one of the server's allowedOrigins" };
  }
  return undefined;
}
