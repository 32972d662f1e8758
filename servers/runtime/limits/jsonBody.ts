import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Refusal } from "#servers/runtime/refusal.ts";

/** Tools take arguments of a few levels; parsers and checks behind this one may recurse. */
const mostLevels = 64;

const parseError = -32_700;
const invalidRequest = -32_600;

export type JsonBody = { readonly value: object } | { readonly refusal: Refusal };

/**
 * The JSON object in the body of a request, or what is wrong with it.
 *
 * @param mostBytes `server.maxRequestSize`
 * @throws when the client is gone or did not send the body in time
 */
export async function readJsonBody(request: IncomingMessage, mostBytes: number): Promise<JsonBody> {
  const foreign = checkForm(request.headers);
  if (foreign) return { refusal: foreign };
  if (Number(request.headers["content-length"]) > mostBytes) return { refusal: tooLarge(mostBytes) };
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > mostBytes) return { refusal: tooLarge(mostBytes) };
    chunks.push(chunk);
  }
  return parse(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
}

function checkForm({
  "content-type": type = "",
  "content-encoding": encoding = "identity",
}: IncomingMessage["headers"]): Refusal | undefined {
  const [media = "", ...parameters] = type.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  if (media !== "application/json" || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)))
    return { status: 415, message: "Content-Type must be application/json, in UTF-8" };
  if (encoding.trim().toLowerCase() !== "identity")
    return { status: 415, message: "the body must be sent without Content-Encoding" };
  return undefined;
}

function parse(content: Buffer): JsonBody {
  if (content.length === 0) return wrong(parseError, "the body is empty; send one JSON-RPC message");
  if (!isUtf8(content)) return wrong(parseError, "the body is not valid UTF-8");
  if (isDeep(content)) return wrong(parseError, `the body nests deeper than ${mostLevels} levels`);
  let value: unknown;
  try {
    value = JSON.parse(content.toString("utf8"));
  } catch {
    return wrong(parseError, "the body is not valid JSON");
  }
  if (Array.isArray(value))
    return wrong(
      invalidRequest,
      "batches are no part of this protocol; send one JSON-RPC message per request",
    );
  if (typeof value !== "object" || value === null)
    return wrong(invalidRequest, "the body is no JSON-RPC message, which is an object");
  return { value };
}

/** Counts brackets outside of strings, before anything recurses into them. */
function isDeep(content: Buffer): boolean {
  let level = 0;
  let inString = false;
  for (let at = 0; at < content.length; at += 1) {
    const byte = content[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      level += 1;
      if (level > mostLevels) return true;
    } else if (byte === 0x5d || byte === 0x7d) level -= 1;
  }
  return false;
}

function wrong(code: number, message: string): JsonBody {
  return { refusal: { status: 400, code, message } };
}

function tooLarge(mostBytes: number): Refusal {
  return {
    status: 413,
    message: `the body is larger than the server's maxRequestSize of ${mostBytes} bytes`,
    // What is still on its way is not read.
    headers: { connection: "close" },
  };
}
