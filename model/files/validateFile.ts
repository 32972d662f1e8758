import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import { isPlaceholder } from "#model/placeholder.ts";
import { originOf } from "./derived.ts";
import { fileLeaves, leafAt } from "./leaves.ts";
import { coerce } from "./patch.ts";
import { placeText, type Place } from "./place.ts";
import { fileSchemas, type FileKey } from "./schema/files.ts";
import { namesIn, schemaAt } from "./schema/walk.ts";
import type { FileCheck } from "./validateFinding.ts";

/** What is wrong with one key of a file. */
export interface KeyFault {
  readonly rule: FileCheck;
  readonly place: Place;
  readonly problem: string;
  readonly mend: string;
}

export interface CheckedFile {
  readonly faults: readonly KeyFault[];
  /** What of the file is well-formed, with defaults for what is missing. */
  readonly value: unknown;
  /** Keys without a usable value. */
  readonly unknown: readonly Place[];
}

/** One file against its schema. Values of `.env` are texts, and are read as what their key holds. */
export function checkFile(file: FileKey, content: unknown): CheckedFile {
  const schema: z.ZodType = fileSchemas[file];
  const value = file === "env" ? coerce(schema, content) : content;
  const copied = copiedValues(file, value);
  const result = schema.safeParse(value);
  if (result.success) return { faults: copied, value: withoutCopies(file, result.data, value), unknown: [] };
  const told = new Set(copied.map(({ place }) => placeText(place)));
  const faults = result.error.issues
    .flatMap((issue) => issueFaults(file, value, issue))
    .filter(({ rule, place }) => rule === "unknown-key" || !told.has(placeText(place)));
  const { unknown, ...rest } = wellFormed(file, value);
  return { faults: [...copied, ...faults], value: withoutCopies(file, rest.value, value), unknown };
}

/** A copy of another key that a file lacks contradicts nothing, whatever its default is. */
function withoutCopies(file: FileKey, value: unknown, written: unknown): unknown {
  const absent = fileLeaves(file).filter(({ place, parts }) => {
    const origin = originOf(place);
    return origin?.kind === "derived" && origin.source && valueIn(written, parts) === undefined;
  });
  for (const { parts } of absent) {
    const parent = valueIn(value, parts.slice(0, -1));
    if (isObject(parent)) Reflect.deleteProperty(parent, parts.at(-1)!);
  }
  return value;
}

function issueFaults(file: FileKey, content: unknown, issue: z.core.$ZodIssue): KeyFault[] {
  const place = { file, parts: issue.path.map(String) };
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => unknownKey(place, name));
  }
  const given = valueIn(content, place.parts);
  if (issue.code === "invalid_key") {
    const allowed = issue.issues[0]?.message ?? issue.message;
    const problem = `is no name for this; allowed is ${allowed}.`;
    return [{ rule: "invalid-value", place, problem, mend: "Rename it." }];
  }
  if (given === undefined) return missingKeys(place, issue.message);
  const problem = `${shown(place, given)} is not allowed; allowed is ${issue.message}.`;
  return [{ rule: "invalid-value", place, problem, mend: "Write a value that is allowed." }];
}

/** Of a section that is missing, the keys in it that have no default. */
function missingKeys(place: Place, allowed: string): KeyFault[] {
  const within = fileLeaves(place.file).filter(
    ({ required, parts }) => required && place.parts.every((part, index) => parts[index] === part),
  );
  const leaf = leafAt(place);
  const missing = leaf || within.length === 0 ? [{ place, meta: { allowed } }] : within;
  return missing.map((each) => ({
    rule: "missing-key",
    place: each.place,
    problem: `is missing; it is ${each.meta.allowed ?? allowed}.`,
    mend: "Add it.",
  }));
}

function unknownKey(parent: Place, name: string): KeyFault {
  const place = { file: parent.file, parts: [...parent.parts, name] };
  const schema = schemaAt(fileSchemas[parent.file], parent.parts);
  const siblings = schema ? namesIn(schema) : [];
  const near = siblings.length === 0 ? undefined : closest(name, siblings);
  const close = near !== undefined && distance(name, near) <= Math.max(2, Math.floor(near.length / 3));
  const elsewhere = fileLeaves(parent.file).filter(({ parts }) => parts.at(-1) === name);
  const meant = close ? near : elsewhere.length === 1 ? placeText(elsewhere[0]!.place) : undefined;
  const home = parent.parts.length === 0 ? "the file" : placeText(parent);
  return {
    rule: "unknown-key",
    place,
    problem: `is no key of ${home}, which has ${siblings.join(", ")}.`,
    mend: meant === undefined ? "Remove it." : `Did you mean ${meant}? Otherwise remove it.`,
  };
}

/** Placeholders, and secrets in files that refer to secrets only. */
function copiedValues(file: FileKey, content: unknown): KeyFault[] {
  return textsIn(content).flatMap(([parts, text]): KeyFault[] => {
    const place = { file, parts };
    const unit = leafAt(place)?.meta.unit;
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^/@:\s]*:([^/@\s]+)@/i.exec(text)?.[1];
    if (file !== "env" && (password !== undefined || (unit === "reference" && !text.startsWith("file:")))) {
      return [literalSecret(place, password !== undefined)];
    }
    const secret = unit === "secret" || password !== undefined || looksSecret(parts.at(-1) ?? "");
    if (!isPlaceholder(password ?? text, secret)) return [];
    const words = secret ? "its value" : JSON.stringify(text);
    const problem = `${password === undefined ? words : "its password"} is a placeholder copied from an example.`;
    const mend = secret ? "Write a value of your own: `openssl rand -hex 32`." : "Write a value of your own.";
    return [{ rule: "placeholder", place, problem, mend }];
  });
}

function literalSecret(place: Place, isAddress: boolean): KeyFault {
  return {
    rule: "literal-secret",
    place,
    problem: "holds a secret, and everybody who may read the file knows it.",
    mend: isAddress
      ? "Leave the password out of the address, and change it: the container has it as a file of its own."
      : "Write a reference such as file:/run/kilocode/secrets/NAME instead, and change the secret.",
  };
}

/** The keys that have a usable value, and the places of the others. */
function wellFormed(file: FileKey, content: unknown): Pick<CheckedFile, "value" | "unknown"> {
  const value: Record<string, unknown> = {};
  const unknown: Place[] = [];
  for (const { place, parts, schema } of fileLeaves(file)) {
    // Entries of servers that do not run are not missing.
    if (file === "mcp" && parts[0] === "mcpServers" && !isObject(valueIn(content, parts.slice(0, 2))))
      continue;
    const result = schema.safeParse(valueIn(content, parts));
    if (!result.success) {
      unknown.push(place);
      continue;
    }
    if (result.data === undefined) continue;
    let parent = value;
    for (const part of parts.slice(0, -1)) parent = (parent[part] ??= {}) as Record<string, unknown>;
    parent[parts.at(-1)!] = result.data;
  }
  return { value, unknown };
}

/** Every text in a value, with its place. */
function textsIn(value: unknown, parts: readonly string[] = []): (readonly [readonly string[], string])[] {
  if (typeof value === "string") return [[parts, value]];
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => textsIn(item, [...parts, String(index)]));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, [...parts, name]));
}

function looksSecret(name: string): boolean {
  return /pass(word|phrase|wd)|secret|token|api_?key|private_?key|credential/i.test(name);
}

/** A value in a message: never one that is or may hold a secret. */
function shown(place: Place, value: unknown): string {
  const unit = leafAt(place)?.meta.unit;
  const hidden =
    unit === "secret" || unit === "reference" || unit === "URL" || looksSecret(place.parts.at(-1) ?? "");
  if (hidden && typeof value === "string") return "its value";
  const text = place.file === "env" ? String(value) : (JSON.stringify(value) ?? "nothing");
  if (/:\/\/[^/\s]*@/.test(text)) return "its value";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueIn(content: unknown, parts: readonly string[]): unknown {
  return parts.reduce<unknown>(
    (inner, part) =>
      (isObject(inner) || Array.isArray(inner)) && Object.hasOwn(inner, part)
        ? (inner as Record<string, unknown>)[part]
        : undefined,
    content,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
