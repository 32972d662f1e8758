/** A place where text comes out, by name, with all that came out of it. */
export type Sinks = Record<string, string>;

/** The forms in which a secret could be written somewhere: as it is, as base64, in a URL. */
export function secretForms(secret: string): string[] {
  // Of a PEM the lines of its body: whoever has one of them has most of the key.
  const lines = secret.split("\n").filter((line) => line.length >= 20 && !line.startsWith("-----"));
  const whole = lines.length > 0 ? lines : [secret];
  return whole.flatMap((text) => [
    text,
    Buffer.from(text).toString("base64").replace(/=+$/, ""),
    encodeURIComponent(text),
  ]);
}

/** `sink: secret's first characters` for each secret found. */
export function leaks(sinks: Sinks, secrets: readonly string[]): string[] {
  return Object.entries(sinks).flatMap(([name, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${name}: ${secret.slice(0, 6)}…`),
  );
}
