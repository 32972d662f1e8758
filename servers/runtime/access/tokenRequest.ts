import type { IncomingMessage } from "node:http";
import { oauthError } from "./oauthAnswer.ts";
import type { OAuthAnswer } from "./oauthAnswer.ts";

/** A refresh token and a key with everything around them are far below. */
const mostBytes = 8192;
const mostFields = 20;

/** Fields of the body, and what a client says of itself in a header. Never empty texts. */
export interface TokenRequest {
  readonly grant: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Client and key by HTTP Basic (RFC 6749, 2.3.1). */
  readonly basic: { readonly id: string; readonly secret: string } | undefined;
}

/** Reads a request to the token endpoint: a form, as OAuth has it, or the same as a JSON object. */
export async function readTokenRequest(
  request: IncomingMessage,
): Promise<TokenRequest | { readonly answer: OAuthAnswer }> {
  const invalid = (description: string) => ({ answer: oauthError(400, "invalid_request", description) });
  const text = await readBody(request);
  if (text === undefined) {
    const answer = oauthError(413, "invalid_request", `the body is larger than ${mostBytes} bytes`, {
      connection: "close",
    });
    return { answer };
  }
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  let fields: Record<string, string> | undefined;
  if (type === "application/x-www-form-urlencoded") fields = unique([...new URLSearchParams(text)]);
  else if (type === "application/json") fields = jsonFields(text);
  else return invalid("send application/x-www-form-urlencoded or application/json");
  if (!fields) return invalid("the body has no form that can be read: each field once, all of them texts");
  const grant = fields["grant_type"];
  if (grant === undefined) return invalid("grant_type is missing: client_credentials or refresh_token");
  const basic = readBasic(request.headers.authorization);
  if (basic === "malformed") return invalid("the Authorization header cannot be read");
  if (basic && fields["client_secret"] !== undefined) return invalid("the key was sent in two ways");
  return { grant, fields, basic };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Whoever sends too much still gets an answer, so the request is not destroyed.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonFields(text: string): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return unique(Object.entries(value));
  } catch {
    return undefined;
  }
}

/** A field without a value counts as left out (RFC 6749, 3.2). */
function unique(entries: readonly (readonly [string, unknown])[]): Record<string, string> | undefined {
  const names = entries.map(([name]) => name);
  if (entries.length > mostFields || new Set(names).size !== names.length) return undefined;
  if (!entries.every(([, value]) => typeof value === "string")) return undefined;
  return Object.fromEntries(entries.filter(([, value]) => value !== "")) as Record<string, string>;
}

/** Undefined without the scheme; `Bearer` is for the key itself. */
function readBasic(header: string | undefined): TokenRequest["basic"] | "malformed" {
  if (header === undefined || !/^Basic /i.test(header)) return undefined;
  const text = Buffer.from(header.slice("Basic ".length).trim(), "base64").toString("utf8");
  const [, id, secret] = /^([^:]+):([^:]+)$/.exec(text) ?? [];
  try {
    if (id !== undefined && secret !== undefined) {
      return { id: decodeURIComponent(id.replaceAll("+", " ")), secret: decodeURIComponent(secret) };
    }
  } catch {
    return "malformed";
  }
  return "malformed";
}
