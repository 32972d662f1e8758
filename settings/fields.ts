import { isIP } from "node:net";
import { z } from "zod";
import { parseDays, parseInstant, parseSize } from "./units.ts";

/*
 * The kinds of values a stack configuration holds. Every message says what is allowed, as words that
 * follow "allowed is"; `pulumi config set --path` stores decimals as text, so numbers may come as text.
 */

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

export function flag() {
  return z.preprocess(
    (value) => (value === "true" ? true : value === "false" ? false : value),
    z.boolean({ error: "true or false" }),
  );
}

export function integer(min: number, max: number) {
  const error = `a whole number from ${String(min)} to ${String(max)}`;
  return z.preprocess(numeric, z.number({ error }).int({ error }).min(min, { error }).max(max, { error }));
}

export function decimal(min: number, max: number) {
  const error = `a number from ${String(min)} to ${String(max)}`;
  return z.preprocess(numeric, z.number({ error }).min(min, { error }).max(max, { error }));
}

/** A number of CPUs; `none` (0) lifts the limit. */
export function cpuCount() {
  const error = "a number of CPUs from 0.1 to 256, or none";
  const none = (value: unknown) => (value === "none" ? 0 : numeric(value));
  const fits = (value: number) => value === 0 || (value >= 0.1 && value <= 256);
  const schema = z.preprocess(none, z.number({ error }).refine(fits, { error }));
  return schema.meta({ type: ["number", "string"] });
}

/** Bytes from text such as `512MB`. */
export function size(min: number, max: number, words: string) {
  return sizeText(`a size with its unit, such as 512MB or 2GB, ${words}`, (written) => {
    const bytes = parseSize(written);
    return bytes !== undefined && bytes >= min && bytes <= max ? bytes : undefined;
  });
}

/** As `size`; `none` (0) lifts the limit. */
export function memoryLimit(min: number, max: number, words: string) {
  return sizeText(`a size with its unit, such as 512MB or 2GB, ${words}, or none`, (written) => {
    if (written === "none") return 0;
    const bytes = parseSize(written);
    return bytes !== undefined && bytes >= min && bytes <= max ? bytes : undefined;
  });
}

function sizeText(error: string, read: (written: string) => number | undefined) {
  return z.string({ error }).transform((written, context) => {
    const bytes = read(written);
    if (bytes !== undefined) return bytes;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
}

export function days(min: number, max: number) {
  const error = `a number of days from ${String(min)} to ${String(max)}, such as 90 or 90d`;
  const asText = (value: unknown) => (typeof value === "number" ? String(value) : value);
  const schema = z.preprocess(
    asText,
    z.string({ error }).transform((written, context) => {
      const count = parseDays(written);
      if (count !== undefined && count >= min && count <= max) return count;
      context.addIssue({ code: "custom", message: error });
      return z.NEVER;
    }),
  );
  return schema.meta({ type: ["integer", "string"] });
}

export function instant() {
  const error = "a date such as 2027-06-30, or a time with its zone such as 2027-06-30T18:00:00Z";
  return z.string({ error }).transform((written, context) => {
    const parsed = parseInstant(written);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message: error });
    return z.NEVER;
  });
}

export function text(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error });
}

export function ipAddress() {
  const error = "an IP address of the engine's host, such as 127.0.0.1, or 0.0.0.0 for all";
  return z.string({ error }).refine((value) => isIP(value) !== 0, { error });
}

export function network() {
  const error = "a network such as 10.0.0.0/8 or fd00::/8";
  return z.string({ error }).refine(isNetwork, { error });
}

export function hostname() {
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  return text(
    new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`),
    "a host name in lower case, without scheme, port or wildcard",
  );
}

export function list<T extends z.ZodType>(item: T, words: string) {
  return z.array(item, { error: `a list of ${words}` });
}

function numeric(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

function isNetwork(value: string): boolean {
  const [address = "", bits = "", ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) <= (family === 4 ? 32 : 128);
}
