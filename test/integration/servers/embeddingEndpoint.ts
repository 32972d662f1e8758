import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { lexicalVector } from "#servers/memory/embedding/lexicalVector.ts";

export interface Asked {
  readonly authorization: string | undefined;
  readonly model: string;
  readonly input: string[];
}

/** What the endpoint does with the next requests, one after the other; then it answers as it should. */
export type Reply = (response: ServerResponse, asked: Asked) => void;

/** An OpenAI-compatible endpoint on loopback, whose model is a lexical one with other signs. */
export interface EmbeddingEndpoint {
  readonly url: string;
  readonly asked: Asked[];
  next(...replies: Reply[]): void;
  close(): Promise<void>;
}

export async function embeddingEndpoint(dimension: number): Promise<EmbeddingEndpoint> {
  const asked: Asked[] = [];
  let replies: Reply[] = [];
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asking = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; input: string[] };
    const question = { ...asking, authorization: request.headers.authorization };
    asked.push(question);
    const [reply, ...rest] = replies;
    replies = rest;
    (reply ?? vectors(dimension))(response, question);
  };
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/embeddings`,
    asked,
    next: (...more) => {
      replies = more;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The right answer, last text first: the order is that of `index`. */
export function vectors(dimension: number): Reply {
  return (response, { input }) => {
    const data = input.map((text, index) => ({
      index,
      embedding: lexicalVector(text, dimension).map((each) => -3 * each),
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data: data.toReversed() }));
  };
}

export function status(code: number, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(code, headers);
    response.end(JSON.stringify({ error: { message: "secret-of-the-endpoint" } }));
  };
}

export function body(value: unknown): Reply {
  return (response) => void response.end(typeof value === "string" ? value : JSON.stringify(value));
}
