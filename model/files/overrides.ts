import { closest, distance } from "fastest-levenshtein";
import type { FaultDetails } from "#model/fault.ts";
import { originOf, reasonOf, settingOf } from "./derived.ts";
import { fileLeaves, leafAt } from "./leaves.ts";
import { placeText, stackKey, type Place } from "./place.ts";
import { fileKeys, fileSchemas, type FileKey } from "./schema/files.ts";
import { childOf, kindOf, namesIn } from "./schema/walk.ts";

/** `files` of a stack: file to whatever was set below it. */
export type Overrides = Readonly<Record<string, unknown>>;

export interface ReadOverrides {
  /** By stack key of the leaf, as written. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly faults: readonly FaultDetails[];
}

/** The keys that a stack sets, and a fault for each that does not exist or that follows from another one. */
export function readOverrides(overrides: Overrides): ReadOverrides {
  const values = new Map<string, unknown>();
  const faults: FaultDetails[] = [];
  for (const [name, value] of Object.entries(overrides)) {
    const file = fileKeys.find((key) => key === name);
    if (file === undefined) faults.push(unknownFile(name));
    else read({ file, parts: [] }, value, values, faults);
  }
  return { values, faults };
}

function read(place: Place, value: unknown, values: Map<string, unknown>, faults: FaultDetails[]): void {
  if (leafAt(place)) {
    const derived = derivedFault(place);
    if (derived) faults.push(derived);
    else values.set(stackKey(place), value);
    return;
  }
  const schema = schemaOf(place);
  if (!isObject(value)) {
    faults.push(invalid(place, value, "an object, set key by key with --path"));
    return;
  }
  for (const [name, child] of Object.entries(value)) {
    const inner = { file: place.file, parts: [...place.parts, name] };
    if (childOf(schema, name)) read(inner, child, values, faults);
    else faults.push(unknownKey(place, name));
  }
}

/** A value that does not fit, with what is allowed. */
export function invalid(place: Place, value: unknown, allowed: string): FaultDetails {
  const key = stackKey(place);
  return {
    code: "SETTINGS_INVALID",
    where: key,
    problem: `${shown(value)} is not allowed for ${placeText(place)}; allowed is ${allowed}.`,
    mend: `pulumi config set --path '${key}' VALUE`,
  };
}

function derivedFault(place: Place): FaultDetails | undefined {
  const origin = originOf(place);
  if (origin?.kind !== "derived") return undefined;
  const key = stackKey(place);
  const setting = settingOf(origin);
  const remove = `pulumi config rm --path '${key}'`;
  if (setting === undefined) {
    return {
      code: "SETTINGS_DERIVED",
      where: key,
      problem: `${placeText(place)} cannot be set: ${reasonOf(origin) ?? "it is fixed"}.`,
      mend: remove,
    };
  }
  const argument = setting.startsWith("secrets.") ? `--secret '${setting}'` : `'${setting}' VALUE`;
  return {
    code: "SETTINGS_DERIVED",
    where: key,
    problem: `${placeText(place)} follows from ${setting} and cannot be set by itself.`,
    mend: `${remove} && pulumi config set --path ${argument}`,
  };
}

function unknownFile(name: string): FaultDetails {
  const where = `files.${name}`;
  const bare = name.replace(/^\./, "").replace(/\.json$/, "");
  return unknown(
    "files",
    where,
    name,
    fileKeys,
    fileKeys.includes(bare as FileKey) ? `files.${bare}` : undefined,
  );
}

/** A key that an object of a file does not have, with the one that was probably meant. */
export function unknownKey(parent: Place, name: string): FaultDetails {
  const place = { file: parent.file, parts: [...parent.parts, name] };
  const elsewhere = fileLeaves(parent.file).filter(({ parts }) => parts.at(-1) === name);
  const meant = elsewhere.length === 1 ? stackKey(elsewhere[0]!.place) : undefined;
  return unknown(placeText(parent), stackKey(place), name, namesIn(schemaOf(parent)), meant);
}

function unknown(
  home: string,
  where: string,
  name: string,
  siblings: readonly string[],
  elsewhere: string | undefined,
): FaultDetails {
  const near = siblings.length === 0 ? undefined : closest(name, siblings);
  const close = near !== undefined && distance(name, near) <= Math.max(2, Math.floor(near.length / 3));
  const meant = close ? `${where.slice(0, where.length - name.length)}${near}` : elsewhere;
  const remove = `pulumi config rm --path '${where}'`;
  return {
    code: "SETTINGS_UNKNOWN_KEY",
    where,
    problem: `is no key of ${home}, which has ${siblings.join(", ")}.`,
    mend: meant === undefined ? remove : `Did you mean ${meant}? Remove the other: ${remove}`,
  };
}

/** Only called for places that `read` has found to exist. */
function schemaOf({ file, parts }: Place) {
  return parts.reduce(
    (schema, part) => childOf(schema, part) ?? schema,
    fileSchemas[file] as Parameters<typeof kindOf>[0],
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
