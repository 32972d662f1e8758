import type { ServerResponse } from "node:http";

/** An HTTP answer that is no MCP answer. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 503;
  /** Of the JSON-RPC error; default -32000. */
  readonly code?: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sent as a JSON-RPC error without id, the form in which MCP clients show a reason. */
export function sendRefusal(
  response: ServerResponse,
  { status, code = -32_000, message, headers }: Refusal,
): void {
  const body = JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
