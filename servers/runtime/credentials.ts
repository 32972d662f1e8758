import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { AccessConfig } from "./commonConfig.ts";

export type Credential =
  | { readonly kind: "none" }
  /** Something was sent that cannot be a key of this stack. */
  | { readonly kind: "malformed" }
  | { readonly kind: "key"; readonly hash: string };

/**
 * The API key of a request, from the configured header or `Authorization: Bearer`, as the lower-case hex
 * SHA-256 under which it is stored. Two different keys in one request are malformed: which one was meant is
 * not guessed.
 */
export function readCredential(
  headers: IncomingHttpHeaders,
  apiKey: AccessConfig["authentication"]["apiKey"],
): Credential {
  const sent = new Set<string>();
  const own = headers[apiKey.header.toLowerCase()];
  if (own !== undefined) for (const value of [own].flat()) sent.add(value.trim());
  if (headers.authorization !== undefined) {
    const match = /^Bearer +(\S+)$/i.exec(headers.authorization.trim());
    if (!match?.[1]) return { kind: "malformed" };
    sent.add(match[1]);
  }
  const [key, ...others] = sent;
  if (key === undefined) return { kind: "none" };
  if (!apiKey.enabled || others.length > 0 || !hasKeyForm(key, apiKey)) return { kind: "malformed" };
  return { kind: "key", hash: hashKey(key) };
}

export function hashKey(key: string): string {
  return createHash("sha256").update(key, "utf8").digest("hex");
}

function hasKeyForm(key: string, { prefix, length }: { prefix: string; length: number }): boolean {
  return (
    key.startsWith(prefix) &&
    key.length === prefix.length + length &&
    /^[A-Za-z0-9]+$/.test(key.slice(prefix.length))
  );
}
