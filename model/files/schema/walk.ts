import type { z } from "zod";
import type { KeyMeta } from "./fields.ts";

/** What zod shows of a schema; enough to find the keys in it. */
interface Shown {
  readonly def: {
    readonly type: string;
    readonly innerType?: Shown;
    readonly valueType?: Shown;
    readonly element?: Shown;
    readonly shape?: Readonly<Record<string, Shown>>;
    readonly defaultValue?: unknown;
  };
  meta(): Partial<KeyMeta> | undefined;
}

/** One key of a file: a schema with no keys of its own inside (lists and records count as one key). */
export interface Leaf {
  readonly parts: readonly string[];
  readonly schema: z.ZodType;
  readonly meta: KeyMeta;
  readonly default: unknown;
  readonly required: boolean;
}

/** The keys of a file, in its order. */
export function leavesOf(schema: z.ZodType): Leaf[] {
  return collect(schema as unknown as Shown, []);
}

function collect(schema: Shown, parts: readonly string[]): Leaf[] {
  const { shape } = inner(schema).def;
  if (shape) return Object.entries(shape).flatMap(([name, child]) => collect(child, [...parts, name]));
  const value = defaultOf(schema);
  return [
    {
      parts,
      schema: schema as unknown as z.ZodType,
      meta: metaOf(schema),
      default: value,
      required: value === undefined && schema.def.type !== "optional",
    },
  ];
}

/** The schema that `part` of an object, a record or a list must satisfy; undefined if there is none. */
export function childOf(schema: z.ZodType, part: string): z.ZodType | undefined {
  const { shape, valueType, element } = inner(schema as unknown as Shown).def;
  if (shape) return Object.hasOwn(shape, part) ? (shape[part] as unknown as z.ZodType) : undefined;
  if (valueType) return valueType as unknown as z.ZodType;
  return /^(0|[1-9]\d*)$/.test(part) ? (element as unknown as z.ZodType | undefined) : undefined;
}

/** The schema at a place of a file; undefined if there is none. */
export function schemaAt(schema: z.ZodType, parts: readonly string[]): z.ZodType | undefined {
  return parts.reduce<z.ZodType | undefined>((at, part) => at && childOf(at, part), schema);
}

export type Kind = "object" | "record" | "list" | "value";

export function kindOf(schema: z.ZodType): Kind {
  const { shape, valueType, element } = inner(schema as unknown as Shown).def;
  return shape ? "object" : valueType ? "record" : element ? "list" : "value";
}

/** Names that an object has; empty for everything else. */
export function namesIn(schema: z.ZodType): string[] {
  return Object.keys(inner(schema as unknown as Shown).def.shape ?? {});
}

/** Meaning, unit and what is allowed, wherever in the wrappers of a schema they were given. */
export function metaOf(schema: z.ZodType | Shown): KeyMeta {
  const layers: Partial<KeyMeta>[] = [];
  for (let at: Shown | undefined = schema as unknown as Shown; at; at = at.def.innerType) {
    layers.unshift(at.meta() ?? {});
  }
  return Object.assign({ description: "" }, ...layers) as KeyMeta;
}

function inner(schema: Shown): Shown {
  let at = schema;
  while (at.def.innerType) at = at.def.innerType;
  return at;
}

function defaultOf(schema: Shown): unknown {
  for (let at: Shown | undefined = schema; at; at = at.def.innerType) {
    if (at.def.type === "default") return at.def.defaultValue;
  }
  return undefined;
}
