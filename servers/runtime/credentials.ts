import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { AccessConfig } from "./commonConfig.ts";

export type Credential =
  | { readonly kind: "none" }
  /** Something was sent that cannot be a key or a token of this stack. */
  | { readonly kind: "malformed" }
  | { readonly kind: "key"; readonly hash: string }
  /** Has the form of a JWT; whether it is one of ours has still to be seen. */
  | { readonly kind: "token"; readonly token: string };

/**
 * The credential of a request: an API key, from the configured header or `Authorization: Bearer`, as the lower-case
 * hex SHA-256 under which it is stored, or a token from the latter. Two different ones in one request are malformed:
 * which one was meant is not guessed.
 */
export function readCredential(
  headers: IncomingHttpHeaders,
  apiKey: AccessConfig["authentication"]["apiKey"],
): Credential {
  const sent = new Set<string>();
  const own = headers[apiKey.header.toLowerCase()];
  if (own !== undefined) for (const value of [own].flat()) sent.add(value.trim());
  let bearer: string | undefined;
  if (headers.authorization !== undefined) {
    bearer = /^Bearer +(\S+)$/i.exec(headers.authorization.trim())?.[1];
    if (!bearer) return { kind: "malformed" };
    sent.add(bearer);
  }
  const [credential, ...others] = sent;
  if (credential === undefined) return { kind: "none" };
  if (others.length > 0) return { kind: "malformed" };
  if (apiKey.enabled && hasKeyForm(credential, apiKey)) return { kind: "key", hash: hashKey(credential) };
  if (credential === bearer && tokenForm.test(credential)) return { kind: "token", token: credential };
  return { kind: "malformed" };
}

/** Three parts of base64url; a key has no dot. */
const tokenForm = /^[\w-]{1,1000}\.[\w-]{1,4000}\.[\w-]{1,200}$/;

export function hashKey(key: string): string {
  return hash("sha256", key, "hex");
}

export function hasKeyForm(key: string, { prefix, length }: { prefix: string; length: number }): boolean {
  return (
    key.startsWith(prefix) &&
    key.length === prefix.length + length &&
    /^[A-Za-z0-9]+$/.test(key.slice(prefix.length))
  );
}
