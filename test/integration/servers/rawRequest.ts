import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request } from "node:https";
import type { ServerProcess } from "./serverProcess.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came, compressed or not. */
  readonly body: Buffer;
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Record<string, string>;
  /** Several pieces are sent in chunks, without a length. */
  readonly body?: string | Buffer | readonly Buffer[];
}

/** One request on a connection of its own, with exactly these headers. */
export async function rawRequest(
  server: ServerProcess,
  { method = "POST", path = "/mcp", headers, body = "" }: RawRequest,
): Promise<RawAnswer> {
  const sent = request({
    host: "localhost",
    port: server.port,
    ca: server.ca(),
    agent: false,
    method,
    path,
    headers,
  });
  if (Array.isArray(body)) {
    for (const piece of body as readonly Buffer[]) sent.write(piece);
    sent.end();
  } else sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
