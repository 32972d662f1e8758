import { isIP } from "node:net";
import { z } from "zod";
import { byteCount, durationMilliseconds, sizeText } from "./units.ts";

/*
 * The kinds of values that configuration files hold. Every message says what is allowed, as words that follow
 * "allowed is"; the same words stand in the metadata, for the documentation. What is read in several forms
 * (`30s` and 30000) has one form in rendered files: that of specification.md.
 */

/** What a key knows of itself beside its type; `z.toJSONSchema` gets what JSON Schema has a word for. */
export type KeyMeta = {
  readonly description: string;
  /** Unit of a number, or the syntax of a text. */
  readonly unit?: string;
  /** What is allowed, in words. */
  readonly allowed?: string;
};

/** Metadata without the copy of the schema that `meta` makes; for schemas that nobody else has. */
function noted<T extends z.ZodType>(schema: T, meta: Partial<KeyMeta>): T {
  z.globalRegistry.add(schema, meta);
  return schema;
}

/** A key with a default. */
export function key<T extends z.ZodType>(type: T, value: z.output<T>, description: string, unit?: string) {
  // `default` takes the output of a transforming type, which is what rendered files hold.
  return noted(type.default(value as never), described(description, unit));
}

/** A key that has to be there: its value depends on the stack. */
export function need<T extends z.ZodType>(type: T, description: string, unit?: string) {
  return type.meta(described(description, unit));
}

/** A key that a file may lack, and that has no default. */
export function maybe<T extends z.ZodType>(type: T, description: string, unit?: string) {
  return noted(type.optional(), described(description, unit));
}

/** An object of keys; every other key in it is an error. It can be left out where each of its keys can. */
export function section<T extends z.ZodRawShape>(description: string, shape: T) {
  const object = z.strictObject(shape, { error: objectError });
  const open = Object.values(shape).every((child) =>
    ["default", "prefault", "optional"].includes((child as z.ZodType).def.type),
  );
  const schema = open ? object.prefault({} as never) : object;
  return noted(schema as z.ZodPrefault<typeof object>, { description });
}

/** A whole file. */
export function file<T extends z.ZodRawShape>(description: string, shape: T) {
  return noted(z.strictObject(shape, { error: objectError }), { description });
}

/** Keys that do not exist have their own message, which names those that do. */
function objectError(issue: { readonly code?: string }): string | undefined {
  return issue.code === "invalid_type" ? "an object" : undefined;
}

export function flag() {
  return noted(z.boolean({ error: "true or false" }), { allowed: "true or false" });
}

/** A switch that this deployment does not leave open. */
export function always(value: boolean, reason: string) {
  const words = `${String(value)}: ${reason}`;
  return noted(z.literal(value, { error: words }), { allowed: words });
}

export function oneOf<const T extends readonly string[]>(values: T) {
  const words = `one of ${values.join(", ")}`;
  return noted(z.enum(values, { error: words }), { allowed: words });
}

export function integer(min: number, max: number) {
  const words = `a whole number from ${String(min)} to ${String(max)}`;
  return bounded(z.int({ error: words }), min, max, words);
}

export function decimal(min: number, max: number) {
  const words = `a number from ${String(min)} to ${String(max)}`;
  return bounded(z.number({ error: words }), min, max, words);
}

export function port() {
  return integer(1, 65_535);
}

/** Milliseconds as a number, or a duration as text. */
export function milliseconds(min: number, max: number) {
  return duration(min, max, 1, "milliseconds");
}

/** Seconds as a number, or a duration as text. */
export function seconds(min: number, max: number) {
  return duration(min, max, 1000, "seconds");
}

/** Days as a number, or a duration as text. */
export function days(min: number, max: number) {
  return duration(min, max, 86_400_000, "days");
}

const durationPattern =
  /^(\d+(\.\d+)? ?(ms|s|min|m|h|d)|P(?!$)(\d+W|(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?))$/;

function duration(min: number, max: number, unit: number, name: string) {
  const words = `${String(min)} to ${String(max)} ${name} as a whole number, or a duration such as 30s, 5min, 12h, 7d, PT30S`;
  const written = z
    .string()
    .regex(durationPattern)
    .transform((value, context) => {
      const count = (durationMilliseconds(value) ?? Number.NaN) / unit;
      if (Number.isInteger(count) && count >= min && count <= max) return count;
      context.addIssue({ code: "custom", message: words });
      return z.NEVER;
    });
  return noted(z.union([z.int().min(min).max(max), written], { error: words }), { allowed: words });
}

/** A size such as `10MB`; a number counts bytes. Rendered as text. */
export function size(min: string, max: string) {
  const words = `a size from ${min} to ${max}, such as 10MB (1MB is 1024 × 1024 bytes)`;
  return sized(min, max, words, sizeText);
}

/** The same, rendered as a number of bytes. */
export function bytes(min: string, max: string) {
  const words = `a number of bytes from ${min} to ${max}, or a size such as 10MB (1MB is 1024 × 1024 bytes)`;
  return sized(min, max, words, (count) => count);
}

function sized<T>(min: string, max: string, words: string, render: (count: number) => T) {
  const [least, most] = [byteCount(min), byteCount(max)] as [number, number];
  const written = z
    .string()
    .regex(/^\d+(\.\d+)? ?([kKmMgG]i?)?[bB]$/)
    .transform((value, context) => {
      const count = byteCount(value);
      if (count !== undefined && count >= least && count <= most) return render(count);
      context.addIssue({ code: "custom", message: words });
      return z.NEVER;
    });
  const count = z.int().min(least).max(most).transform(render);
  return noted(z.union([written, count], { error: words }), { allowed: words });
}

export function text(pattern: RegExp, words: string) {
  return noted(z.string({ error: words }).regex(pattern, { error: words }), { allowed: words });
}

/** Free text for people: one line. */
export function line(max: number) {
  const pattern = new RegExp(`^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]{1,${String(max)}}$`, "u");
  return text(pattern, `one line of 1 to ${String(max)} characters, without control characters`);
}

/** An absolute path without `.`, `..`, double slashes or characters that a shell would take for its own. */
export function path() {
  return text(
    /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._+@-]{1,255}){1,32}$/,
    "an absolute path of letters, digits and . _ + @ -, without . or .. as a part",
  );
}

/** A path of an URL. */
export function route() {
  return text(/^(\/[A-Za-z0-9._~-]+)+$/, "a path such as /metrics");
}

/** Where a secret's value lies in the container. The value itself stands in no file but `.env`. */
export function secretReference() {
  return text(
    /^file:\/run\/kilocode\/secrets\/[a-z][a-z0-9-]{0,62}$/,
    "a reference such as file:/run/kilocode/secrets/name; secrets do not stand in this file",
  );
}

export function hostName() {
  const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  const address = "\\d{1,3}(\\.\\d{1,3}){3}|\\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]?";
  const words = "a host name or an IP address, without scheme and port";
  const pattern = new RegExp(`^(${label}(\\.${label}){0,20}|${address})$`);
  return z
    .string({ error: words })
    .regex(pattern, { error: words })
    .refine((value) => !/^[\d.]+$|:/.test(value) || isIP(value.replace(/^\[|\]$/g, "")) !== 0, {
      error: words,
    })
    .meta({ allowed: words });
}

/** An origin as browsers send it. */
export function origin() {
  return text(
    /^https?:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*|\[[0-9a-f:]+\])(:\d{1,5})?$/,
    "an origin such as https://app.example or http://localhost:3000, in lower case, without a path or wildcard",
  );
}

export function network() {
  const words = "a network such as 192.168.1.0/24 or fd00::/8";
  const fits = (value: string) => {
    const [address = "", bits = ""] = value.split("/");
    const family = isIP(address);
    return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
  };
  return z
    .string({ error: words })
    .regex(/^[0-9A-Fa-f.:]+\/\d{1,3}$/, { error: words })
    .refine(fits, { error: words })
    .meta({ allowed: words });
}

/** Hours of a day; the end may lie on the next one. */
export function hours() {
  return text(
    /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
    "hours such as 09:00-17:00, or 22:00-06:00 across midnight",
  );
}

export function timeZone() {
  const words = "a time zone such as UTC or Europe/Berlin";
  return z
    .string({ error: words })
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/, { error: words })
    .refine(isTimeZone, { error: words })
    .meta({ allowed: words });
}

function isTimeZone(name: string): boolean {
  if (name === "UTC") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Minute, hour, day of month, month, day of week; names of months and days are not taken. */
export function cron() {
  const part = (low: string) => `(\\*|${low}(-${low})?)(\\/[1-9]\\d?)?`;
  const field = (low: string) => `${part(low)}(,${part(low)}){0,59}`;
  const minute = "[1-5]?\\d";
  const [hour, day, month, weekday] = [
    "(1?\\d|2[0-3])",
    "([1-9]|[12]\\d|3[01])",
    "([1-9]|1[0-2])",
    "[0-7]",
  ] as const;
  return text(
    new RegExp(`^${[minute, hour, day, month, weekday].map(field).join(" ")}$`),
    "five fields of cron, such as 0 2 * * *, each with numbers, *, lists, ranges and steps",
  );
}

export function list<T extends z.ZodType>(item: T, max: number, words: string) {
  const error = `a list of at most ${String(max)} ${words}`;
  return noted(z.array(item, { error }).max(max, { error }), { allowed: error });
}

/** A list in which nothing stands twice. */
export function set<T extends z.ZodType>(item: T, min: number, max: number, words: string) {
  const error = `a list of ${String(min)} to ${String(max)} different ${words}`;
  const distinct = (items: readonly unknown[]) => new Set(items).size === items.length;
  return z
    .array(item, { error })
    .min(min, { error })
    .max(max, { error })
    .refine(distinct, { error })
    .meta({ allowed: error, uniqueItems: true });
}

function bounded(type: z.ZodNumber, min: number, max: number, words: string) {
  return noted(type.check(z.gte(min, { error: words }), z.lte(max, { error: words })), { allowed: words });
}

function described(description: string, unit: string | undefined): KeyMeta {
  return unit === undefined ? { description } : { description, unit };
}
