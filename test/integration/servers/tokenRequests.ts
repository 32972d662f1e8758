import { request } from "./request.ts";
import type { Answer } from "./request.ts";
import type { ServerProcess } from "./serverProcess.ts";

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly refresh_token_expires_in?: number;
  readonly expires_in: number;
  readonly token_type: string;
  readonly scope: string;
}

export interface TokenAnswer extends Answer {
  /** Undefined for an error. */
  readonly tokens: Tokens | undefined;
  readonly error: string | undefined;
}

/** One request to the token endpoint, as a form. */
export async function askTokens(
  server: ServerProcess,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const answer = await request(
    server,
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams(fields).toString(),
    },
    "/token",
  );
  const body = JSON.parse(answer.text) as Partial<Tokens> & { error?: string };
  return { ...answer, tokens: answer.status === 200 ? (body as Tokens) : undefined, error: body.error };
}

/** Tokens for a key. */
export async function tokensFor(server: ServerProcess, key: string): Promise<Required<Tokens>> {
  const { tokens, text } = await askTokens(server, { grant_type: "client_credentials", client_secret: key });
  if (!tokens) throw new Error(text);
  return tokens as Required<Tokens>;
}

export function refresh(server: ServerProcess, token: string): Promise<TokenAnswer> {
  return askTokens(server, { grant_type: "refresh_token", refresh_token: token });
}

/** Header and payload of a token. */
export function readToken(token: string): {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
} {
  const [header, payload] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  return {
    header: JSON.parse(header!) as Record<string, unknown>,
    payload: JSON.parse(payload!) as Record<string, unknown>,
  };
}
