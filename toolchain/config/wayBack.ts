import { isDeepStrictEqual } from "node:util";
import { catalogKeys, type CatalogKey } from "#model/files/catalog.ts";
import { fileKeys, fileName, type FileKey } from "#model/files/schema/files.ts";
import { jsonDifferences, jsonPointer } from "#model/jsonDifference.ts";
import { variableOf } from "#model/textDifference.ts";

/** What brings the values of an older version of a file back. */
export interface WayBack {
  /** Commands, in order. */
  readonly commands: readonly string[];
  /** What no command brings back, in sentences. */
  readonly remarks: readonly string[];
}

/** The rendered file of that name; undefined for others, such as postgresql.conf. */
export function fileKeyOf(name: string): FileKey | undefined {
  return fileKeys.find((key) => fileName(key) === name);
}

/**
 * The `pulumi config` commands that lead from the version in force to an older one. A key that follows from a
 * setting is named with it: that setting is what has to go back.
 */
export function wayBack(stack: string, file: FileKey, current: string, older: string): WayBack {
  const [now, then] = [valuesOf(file, current), valuesOf(file, older)];
  const keys = catalogKeys(file);
  const commands: string[] = [];
  const remarks: string[] = [];
  const derived: CatalogKey[] = [];
  const seen = new Set<CatalogKey>();
  for (const { parts } of jsonDifferences(now, then)) {
    const key = keys.find(({ place }) => isPrefix(place.parts, parts) || isPrefix(parts, place.parts));
    if (key === undefined) remarks.push(`${jsonPointer(parts)} is no key of ${fileName(file)} any more`);
    if (key === undefined || seen.has(key)) continue;
    seen.add(key);
    const value = valueAt(then, key.place.parts);
    if (key.from === "derived") derived.push(key);
    else commands.push(...commandsFor(stack, key, value, remarks));
  }
  // What follows from a key that goes back goes back with it.
  const back = new Set([...seen].filter(({ from }) => from !== "derived").map(({ stackKey }) => stackKey));
  const left = derived.filter(({ setting }) => setting === undefined || !back.has(setting));
  return { commands, remarks: [...remarks, ...left.map(derivedRemark)] };
}

function derivedRemark({ pointer, setting, reason }: CatalogKey): string {
  return setting === undefined
    ? `${pointer} cannot be set: ${reason ?? "it is fixed"}`
    : `${pointer} follows from ${setting}`;
}

function commandsFor(stack: string, key: CatalogKey, value: unknown, remarks: string[]): string[] {
  const config = (verb: string, path: string) =>
    `pulumi config ${verb} --stack ${stack} --path ${quote(path)}`;
  const remove = config("rm", key.stackKey);
  if (value === undefined || (key.from === "default" && isDeepStrictEqual(value, key.default)))
    return [remove];
  if (!isObject(value)) return [`${config("set", key.stackKey)} ${argument(value)}`];
  const scalars = scalarsOf(value, key.stackKey);
  if (scalars === undefined) {
    remarks.push(`${key.pointer} was ${JSON.stringify(value)}, which only an editor can write`);
    return [];
  }
  // What was set before would stay where the older value is shorter.
  return [remove, ...scalars.map(([path, scalar]) => `${config("set", path)} ${argument(scalar)}`)];
}

/** Every scalar with its stack key; undefined if something empty is among them, which no command can set. */
function scalarsOf(value: unknown, path: string): [string, unknown][] | undefined {
  if (!isObject(value)) return [[path, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return undefined;
  const found: [string, unknown][] = [];
  for (const [name, item] of entries) {
    const step = Array.isArray(value) ? `[${name}]` : /^[\w-]+$/.test(name) ? `.${name}` : `["${name}"]`;
    const inner = scalarsOf(item, path + step);
    if (inner === undefined) return undefined;
    found.push(...inner);
  }
  return found;
}

/** @throws SyntaxError for a JSON file that is none */
function valuesOf(file: FileKey, text: string): unknown {
  if (file !== "env") return JSON.parse(text);
  const lines = text.split("\n").flatMap((line) => {
    const name = variableOf(line);
    return name === undefined ? [] : [[name, unquoted(line.slice(line.indexOf("=") + 1))]];
  });
  return Object.fromEntries(lines) as Record<string, string>;
}

/** The rendered form: bare, or between a pair of quotes of one kind. */
function unquoted(text: string): string {
  return /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text;
}

function valueAt(value: unknown, parts: readonly string[]): unknown {
  return parts.reduce<unknown>(
    (inner, part) => (isObject(inner) ? (inner as Record<string, unknown>)[part] : undefined),
    value,
  );
}

function isPrefix(short: readonly string[], long: readonly string[]): boolean {
  return short.length <= long.length && short.every((part, index) => part === long[index]);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function argument(value: unknown): string {
  const text = String(value);
  return `${text.startsWith("-") ? "-- " : ""}${quote(text)}`;
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w.:/@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
