import type { z } from "zod";
import { childOf, kindOf } from "./schema/walk.ts";

/**
 * A value with another one laid over it. Objects keep the keys that are not named. A list is replaced, except that
 * objects in it that lack required keys take them from the item in the same place, and then the rest of the list
 * stays, too: `rules[0].threshold` alone changes one rule.
 */
export function patch(schema: z.ZodType, base: unknown, over: unknown): unknown {
  if (isObject(base) && isObject(over)) {
    const merged: Record<string, unknown> = { ...base };
    for (const name of Object.keys(over).sort()) {
      const child = childOf(schema, name);
      merged[name] = child && Object.hasOwn(base, name) ? patch(child, base[name], over[name]) : over[name];
    }
    return merged;
  }
  const item = childOf(schema, "0");
  if (!item || kindOf(item) !== "object" || !Array.isArray(base) || !Array.isArray(over)) return over;
  const isPartial = (value: unknown, index: number) =>
    isObject(base[index]) &&
    isObject(value) &&
    Object.keys(base[index]).some((name) => !(name in value)) &&
    !item.safeParse(coerce(item, value)).success;
  if (!over.some(isPartial)) return over;
  const patched = over.map((value: unknown, index) =>
    isPartial(value, index) ? patch(item, base[index], value) : value,
  );
  return [...patched, ...base.slice(over.length)];
}

/**
 * A value with texts read as numbers or booleans, and the other way round, where only that fits: `pulumi config set
 * --path` stores decimals as text and digits as numbers, and variables of `.env` are all text.
 */
export function coerce(schema: z.ZodType, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => {
      const child = childOf(schema, String(index));
      return child ? coerce(child, item) : item;
    });
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const child = childOf(schema, name);
        return [name, child ? coerce(child, item) : item];
      }),
    );
  }
  if (schema.safeParse(value).success) return value;
  return readings(value).find((reading) => schema.safeParse(reading).success) ?? value;
}

function readings(value: unknown): (string | number | boolean)[] {
  if (typeof value === "number" || typeof value === "boolean") return [String(value)];
  if (typeof value !== "string") return [];
  if (value === "true" || value === "false") return [value === "true"];
  return /^-?\d+(\.\d+)?$/.test(value) ? [Number(value)] : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
