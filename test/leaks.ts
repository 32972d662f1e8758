import { createPublicKey } from "node:crypto";

/** A place where text comes out, by name, with all that came out of it. */
export type Sinks = Record<string, string>;

/** The forms in which a secret could be written somewhere: as it is, as base64, in a URL. */
export function secretForms(secret: string): string[] {
  // Of a PEM the lines of its body: whoever has one of them has most of the key.
  const lines = secret
    .split("\n")
    .filter((line) => line.length >= 20 && !line.startsWith("-----") && !isPublic(line, secret));
  const whole = lines.length > 0 ? lines : [secret];
  return whole.flatMap((text) => [
    text,
    Buffer.from(text).toString("base64").replace(/=+$/, ""),
    encodeURIComponent(text),
  ]);
}

/** The last line of an elliptic key is public: certificates hold the same bytes, and at times the same line. */
function isPublic(line: string, pem: string): boolean {
  if (!pem.includes("PRIVATE KEY-----")) return false;
  const known = createPublicKey(pem).export({ type: "spki", format: "der" });
  return known.includes(Buffer.from(line, "base64"));
}

/** `sink: secret's first characters` for each secret found. */
export function leaks(sinks: Sinks, secrets: readonly string[]): string[] {
  return Object.entries(sinks).flatMap(([name, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${name}: ${secret.slice(0, 6)}…`),
  );
}
