import type { IncomingMessage } from "node:http";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import { scopes } from "./challenge.ts";
import { oauthError } from "./oauthAnswer.ts";
import type { OAuthAnswer } from "./oauthAnswer.ts";
import { resourceUrls } from "./resourceUrls.ts";

/**
 * The metadata of a server as a protected resource (RFC 9728), with the URLs that the client used. A server gives
 * its tokens itself, so it is its own authorization server; where keys alone are taken there is none.
 */
export function protectedResource(
  request: IncomingMessage,
  server: string,
  { tokenKeys }: Loaded,
): OAuthAnswer {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return oauthError(405, "invalid_request", "use GET", { allow: "GET, HEAD" });
  }
  const { resource, origin } = resourceUrls(request.headers.host ?? server);
  const body = {
    resource,
    resource_name: `kilocode-mcp ${server}`,
    bearer_methods_supported: ["header"],
    scopes_supported: scopes,
    ...(tokenKeys && { authorization_servers: [origin] }),
  };
  return { status: 200, body };
}
