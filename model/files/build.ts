import type { z } from "zod";
import { Faults, type FaultDetails } from "#model/fault.ts";
import type { ServerName } from "#model/names.ts";
import { checkFiles } from "./check.ts";
import { originOf, settingOf } from "./derived.ts";
import type { FileFacts } from "./facts.ts";
import { fileLeaves, leafAt } from "./leaves.ts";
import { invalid, readOverrides, unknownKey, type Overrides } from "./overrides.ts";
import { coerce, patch } from "./patch.ts";
import { placeText, stackKey, type Place } from "./place.ts";
import { fileKeys, fileSchemas, type FileKey, type FileValues } from "./schema/files.ts";

export interface BuiltFiles {
  /** Complete, also where there are faults: what is wrong is left at its default. */
  readonly values: FileValues;
  readonly faults: readonly FaultDetails[];
}

/**
 * The values of all ten files.
 *
 * @throws Faults with everything that is wrong with the overrides, and every cross-file rule that is broken.
 */
export function buildFiles(facts: FileFacts, overrides: Overrides = {}): FileValues {
  const { values, faults } = tryFiles(facts, overrides);
  if (faults.length > 0) throw new Faults(faults);
  return values;
}

/** The same with faults as values. Cross-file rules are judged only when each file is well-formed. */
export function tryFiles(facts: FileFacts, overrides: Overrides = {}): BuiltFiles {
  const read = readOverrides(overrides);
  const faults = [...read.faults];
  const of = resolver(facts, read.values, faults);
  const drafts = Object.fromEntries(fileKeys.map((file) => [file, assemble(file, facts, of)]));
  const values = Object.fromEntries(
    fileKeys.map((file) => [file, finish(file, drafts[file], faults)]),
  ) as FileValues;
  if (faults.length === 0) faults.push(...checkFiles(values, facts));
  return { values, faults };
}

/** Each schema is used once or twice: compiling it would cost more than it saves. */
const once = { jitless: true } as const;

type Resolve = (place: Place) => unknown;

/** Gives each key's value, asking others first where it follows from them. */
function resolver(facts: FileFacts, own: ReadonlyMap<string, unknown>, faults: FaultDetails[]): Resolve {
  const known = new Map<string, unknown>();
  const resolve = (place: Place): unknown => {
    const key = stackKey(place);
    if (known.has(key)) return known.get(key);
    const leaf = leafAt(place);
    if (!leaf) throw new TypeError(`${placeText(place)} is no key`);
    const usual = originOf(place)?.value?.(facts, resolve) ?? leaf.default;
    const value = own.has(key) ? settled(place, leaf.schema, usual, own.get(key), faults) : usual;
    known.set(key, value);
    return value;
  };
  return resolve;
}

/** What the stack sets, in the form in which it is rendered; the usual value if it does not fit. */
function settled(
  place: Place,
  schema: z.ZodType,
  usual: unknown,
  own: unknown,
  faults: FaultDetails[],
): unknown {
  const wanted = coerce(schema, patch(schema, usual, own));
  const result = schema.safeParse(wanted, once);
  if (result.success && result.data !== undefined) return result.data;
  const issues = result.error?.issues ?? [];
  faults.push(...issues.flatMap((issue) => issueFaults(place, wanted, issue)));
  return usual;
}

function issueFaults(place: Place, value: unknown, issue: z.core.$ZodIssue): FaultDetails[] {
  const at = (path: readonly PropertyKey[]) => ({
    file: place.file,
    parts: [...place.parts, ...path.map(String)],
  });
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => unknownKey(at(issue.path), name));
  }
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [invalid(at(issue.path), valueAt(value, issue.path), message)];
}

/** A file as its schema orders it; entries of servers that do not run are left out. */
function assemble(file: FileKey, facts: FileFacts, of: Resolve): Record<string, unknown> {
  const draft: Record<string, unknown> = {};
  for (const { place, parts } of fileLeaves(file)) {
    const value = of(place);
    const runs = parts[0] !== "mcpServers" || facts.enabled.includes(parts[1] as ServerName);
    if (value === undefined || !runs) continue;
    let parent = draft;
    for (const part of parts.slice(0, -1)) parent = (parent[part] ??= {}) as Record<string, unknown>;
    parent[parts.at(-1)!] = value;
  }
  return draft;
}

/** The last look at a whole file: what follows from settings must fit, too. */
function finish(file: FileKey, draft: unknown, faults: FaultDetails[]): unknown {
  const result = fileSchemas[file].safeParse(draft, once);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const place = { file, parts: issue.path.map(String) };
    const origin = originOf(place);
    const fault = invalid(place, valueAt(draft, issue.path), issue.message);
    const setting = origin && settingOf(origin);
    const mend = `pulumi config set --path '${setting ?? ""}' VALUE`;
    faults.push(setting === undefined ? fault : { ...fault, where: setting, mend });
  }
  return draft;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}
