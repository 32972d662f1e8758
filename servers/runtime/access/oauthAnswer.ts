import type { ServerResponse } from "node:http";

/** An answer of the token endpoint (RFC 6749, 5). Nothing may keep it. */
export interface OAuthAnswer {
  readonly status: 200 | 400 | 401 | 403 | 404 | 405 | 413 | 429 | 503;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param error of RFC 6749, 6750, 8628 or 8707 */
export function oauthError(
  status: Exclude<OAuthAnswer["status"], 200>,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): OAuthAnswer {
  return { status, body: { error, error_description: description }, headers };
}

export function sendOAuth(response: ServerResponse, { status, body, headers }: OAuthAnswer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    pragma: "no-cache",
    ...headers,
  });
  response.end(text);
}
