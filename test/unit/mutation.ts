import { z } from "zod";
import { origins } from "#model/files/derived.ts";
import { fileLeaves, leafAt, type FileLeaf } from "#model/files/leaves.ts";
import { placeAt, type Place } from "#model/files/place.ts";
import { fileKeys, type FileValues } from "#model/files/schema/files.ts";

/** One change that makes valid files invalid. */
export interface Mutation {
  readonly kind: "wrong type" | "out of range" | "misspelt" | "broken reference" | "contradiction";
  readonly place: Place;
  /** The value to write; for `misspelt` the value that was there stays. */
  readonly value?: unknown;
  /** The name in place of the right one. */
  readonly name?: string;
  /** Rules of which one must find it; any if absent. */
  readonly rules?: readonly string[];
}

/** What JSON Schema has words for. */
interface Bounds {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly Bounds[];
}

/** Keys that the files hold, with their values. */
export function keysIn(values: FileValues): { readonly leaf: FileLeaf; readonly value: unknown }[] {
  return fileKeys.flatMap((file) =>
    fileLeaves(file).flatMap((leaf) => {
      const value = leaf.parts.reduce<unknown>(
        (inner, part) => (inner as Record<string, unknown> | undefined)?.[part],
        values[file],
      );
      return value === undefined ? [] : [{ leaf, value }];
    }),
  );
}

/** Every key with a value of another type. Variables of `.env` are texts; only some texts are numbers or flags. */
export function wrongTypes(values: FileValues): Mutation[] {
  return keysIn(values).flatMap(({ leaf: { place }, value }): Mutation[] => {
    const kind = "wrong type";
    if (place.file === "env") return typeof value === "string" ? [] : [{ kind, place, value: "some" }];
    if (Array.isArray(value)) return [{ kind, place, value: "a list" }];
    if (typeof value === "number")
      return [
        { kind, place, value: "some" },
        { kind, place, value: [value] },
      ];
    return [
      { kind, place, value: typeof value === "string" ? true : "yes" },
      { kind, place, value: null },
    ];
  });
}

/** Every key with values beyond what its schema allows. */
export function outOfRange(values: FileValues): Mutation[] {
  return keysIn(values).flatMap(({ leaf: { place, schema } }) => {
    const bounds = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Bounds;
    return beyond(bounds).map((value): Mutation => ({ kind: "out of range", place, value }));
  });
}

function beyond({ anyOf, type, ...bounds }: Bounds): unknown[] {
  if (anyOf) return anyOf.filter((each) => each.type !== "string").flatMap(beyond);
  if (bounds.const !== undefined) return [bounds.const !== true];
  if (bounds.enum) return ["something else"];
  if (type === "integer" || type === "number") {
    return [bounds.minimum, bounds.maximum].flatMap((bound, index) =>
      bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER
        ? []
        : [bound + (index === 0 ? -1 : 1)],
    );
  }
  if (type === "string") return ["\t"];
  if (type === "array" && (bounds.minItems ?? 0) > 0) return [[]];
  return [];
}

/** Every key under a name that is nearly right. */
export function misspelt(values: FileValues): Mutation[] {
  return keysIn(values).flatMap(({ leaf: { place, parts } }): Mutation[] => {
    const name = parts.at(-1) ?? "";
    const wrong = [name.slice(0, -1), `${name}${name.at(-1) ?? ""}`, name.slice(1)];
    return wrong
      .filter((each) => each !== "" && !leafAt({ ...place, parts: [...parts.slice(0, -1), each] }))
      .map((each) => ({ kind: "misspelt", place, name: each, rules: ["unknown-key"] }));
  });
}

/** Every copy of a fact with another value that its own schema allows. */
export function contradictions(values: FileValues): Mutation[] {
  const copies = new Set(
    origins.filter(({ kind, source }) => kind === "derived" && source).map(({ place }) => key(place)),
  );
  return keysIn(values)
    .filter(({ leaf }) => copies.has(key(leaf.place)))
    .flatMap(({ leaf: { place, schema }, value }) =>
      others(value)
        .filter((other) => schema.safeParse(other).success)
        .slice(0, 1)
        .map((other): Mutation => ({ kind: "contradiction", place, value: other, rules: ["same-fact"] })),
    );
}

function others(value: unknown): unknown[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") return [value + 1, value - 1];
  if (Array.isArray(value)) return [[...(value as unknown[]), "https://other.example"]];
  const text = String(value);
  return ["DEBUG", "20MB", `${text}x`, text.replace(/\/[^/]*$/, "/other")].filter((other) => other !== text);
}

function key({ file, parts }: Place): string {
  return [file, ...parts].join("/");
}

export function reference(file: Place["file"], pointer: string, value: unknown, rule: string): Mutation {
  return { kind: "broken reference", place: placeAt(file, pointer), value, rules: [rule] };
}

export function contradiction(file: Place["file"], pointer: string, value: unknown, rule: string): Mutation {
  return { kind: "contradiction", place: placeAt(file, pointer), value, rules: [rule] };
}

/** A choice that is the same in every run: the first `count` after shuffling with mulberry32. */
export function choose<T>(items: readonly T[], count: number, seed: number): T[] {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pool = [...items];
  for (let index = pool.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [pool[index], pool[other]] = [pool[other]!, pool[index]!];
  }
  return pool.slice(0, count);
}
