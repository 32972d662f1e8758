import fs from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";

/**
 * Pulumi writes `encryptionsalt` into `Pulumi.<stack>.yaml` whenever it has to do with the passphrase, also
 * in a preview, and reformats the file while it is at it. A salt in the repository would lock out the next
 * clone, whose passphrase is another one. What was tried with 3.251.0: a file without a salt works, because
 * the salt that the state was encrypted with is in the state; Pulumi makes up a new one for the file each
 * time. But values that `config set --secret` encrypted can be read with the file's own salt only. So after
 * every command the file gets its old bytes back if Pulumi changed nothing but the salt; if it changed more,
 * only the line with the salt goes; and if the file holds encrypted values, the salt stays.
 */
export function withoutSalt(before: string | undefined, after: string): string | undefined {
  if (holdsSecrets(after)) return after;
  const kept = after.replace(/^encryptionsalt:.*\n?/m, "");
  if (before !== undefined && !/^encryptionsalt:/m.test(before) && sameValues(before, kept)) return before;
  return kept.trim() === "" && before === undefined ? undefined : kept;
}

function holdsSecrets(text: string): boolean {
  return /^\s*(-\s+)?["']?secure["']?:\s/m.test(text);
}

/** Pulumi writes numbers and booleans at the top as strings: values are compared as text. */
function sameValues(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(asText(parse(one)), asText(parse(other)));
  } catch {
    return false;
  }
}

function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
  }
  return value === null || value === undefined ? "" : JSON.stringify(value).replace(/^"(.*)"$/, "$1");
}

/** Runs a Pulumi command and leaves the stack file as `withoutSalt` says, also if the command fails. */
export async function keepingStackFile<T>(file: string, command: () => Promise<T>): Promise<T> {
  const before = read(file);
  try {
    return await command();
  } finally {
    const after = read(file);
    if (after !== undefined) {
      const wanted = withoutSalt(before, after);
      if (wanted === undefined) fs.rmSync(file);
      else if (wanted !== after) fs.writeFileSync(file, wanted);
    }
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
