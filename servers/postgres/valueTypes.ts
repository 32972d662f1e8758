import { types } from "pg";

/**
 * How PostgreSQL's text becomes JSON without losing anything:
 * numbers that JSON's consumers keep exactly (int2, int4, oid, float4, float8) are numbers, int8 and numeric
 * are strings; json and jsonb are themselves; bytea is base64; timestamps are ISO 8601 (with zone: UTC, `Z`);
 * arrays of these are arrays; everything else, vectors included, is PostgreSQL's text. NaN and infinities are
 * strings.
 */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

type Convert = (text: string) => JsonValue;

const text: Convert = (value) => value;
const number: Convert = (value) => (Number.isFinite(Number(value)) ? Number(value) : value);
const boolean: Convert = (value) => value === "t";
const json: Convert = (value) => JSON.parse(value) as JsonValue;
const base64: Convert = (value) =>
  value.startsWith(String.raw`\x`) ? Buffer.from(value.slice(2), "hex").toString("base64") : value;
const instant: Convert = (value) => value.replace(/^(\d{4,}-\d\d-\d\d) (.*)\+00$/, "$1T$2Z");
const localTime: Convert = (value) => value.replace(/^(\d{4,}-\d\d-\d\d) ([\d:.]+)$/, "$1T$2");

/** Object ids of pg_type that never change: name, id, id of the array type, conversion. */
const builtin: readonly (readonly [string, number, number, Convert])[] = [
  ["boolean", 16, 1000, boolean],
  ["bytea", 17, 1001, base64],
  ["name", 19, 1003, text],
  ["bigint", 20, 1016, text],
  ["smallint", 21, 1005, number],
  ["integer", 23, 1007, number],
  ["text", 25, 1009, text],
  ["oid", 26, 1028, number],
  ["json", 114, 199, json],
  ["real", 700, 1021, number],
  ["double precision", 701, 1022, number],
  ["inet", 869, 1041, text],
  ["character", 1042, 1014, text],
  ["character varying", 1043, 1015, text],
  ["date", 1082, 1182, text],
  ["time without time zone", 1083, 1183, text],
  ["timestamp without time zone", 1114, 1115, localTime],
  ["timestamp with time zone", 1184, 1185, instant],
  ["interval", 1186, 1187, text],
  ["numeric", 1700, 1231, text],
  ["uuid", 2950, 2951, text],
  ["jsonb", 3802, 3807, json],
];

const converters = new Map<number, Convert>();
const names = new Map<number, string>();
// The declared enumeration of type ids leaves out array types.
const parsers = types as unknown as { getTypeParser(id: number): (text: string) => unknown };
const parseTextArray = parsers.getTypeParser(1009);
for (const [name, id, arrayId, convert] of builtin) {
  converters.set(id, convert);
  names.set(id, name);
  converters.set(arrayId, (value) => mapArray(parseTextArray(value), convert));
  names.set(arrayId, `${name}[]`);
}

/** Name of a built-in type; undefined for one whose id differs between databases (extensions, enums, domains). */
export function builtinTypeName(id: number): string | undefined {
  return names.get(id);
}

export function jsonValue(typeId: number, value: string | null): JsonValue {
  return value === null ? null : (converters.get(typeId) ?? text)(value);
}

function mapArray(value: unknown, convert: Convert): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => mapArray(entry, convert));
  return typeof value === "string" ? convert(value) : null;
}
