import type { FileFacts } from "./facts.ts";
import { placeAt, type Place } from "./place.ts";
import type { FileKey } from "./schema/files.ts";

/** Where a key's value comes from when it is not a default of its own. */
export interface Origin {
  readonly place: Place;
  /** `derived`: always so; setting it is an error. `inherited`: its default; the stack may set another value. */
  readonly kind: "derived" | "inherited";
  /** The stack key that changes it, other than the key of `source`. */
  readonly setting?: string;
  /** The key, of another file or the same, that holds the fact. */
  readonly source?: Place;
  /** Why nothing changes it, where neither `setting` nor `source` is given. */
  readonly reason?: string;
  /** The value; `of` gives that of another key. Absent: the default in the schema. */
  readonly value?: (facts: FileFacts, of: (place: Place) => unknown) => unknown;
}

type Value = (facts: FileFacts) => unknown;

/** A value that nothing changes; without `value` the default in the schema. */
export function fixed(file: FileKey, pointer: string, reason: string, value?: Value): Origin {
  return { place: placeAt(file, pointer), kind: "derived", reason, ...(value && { value }) };
}

/** A value that follows from a setting of the stack. */
export function fact(file: FileKey, pointer: string, setting: string, value: Value): Origin {
  return { place: placeAt(file, pointer), kind: "derived", setting, value };
}

/** The same fact as another key holds, perhaps in another unit. */
export function copy(
  file: FileKey,
  pointer: string,
  fromFile: FileKey,
  fromPointer: string,
  convert: (value: unknown) => unknown = (value) => value,
): Origin {
  const source = placeAt(fromFile, fromPointer);
  return { place: placeAt(file, pointer), kind: "derived", source, value: (_, of) => convert(of(source)) };
}

/** As another key, unless the stack sets another value. */
export function inherit(file: FileKey, pointer: string, fromFile: FileKey, fromPointer: string): Origin {
  return { ...copy(file, pointer, fromFile, fromPointer), kind: "inherited" };
}

/** A default that depends on the stack's settings. */
export function usual(file: FileKey, pointer: string, setting: string, value: Value): Origin {
  return { place: placeAt(file, pointer), kind: "inherited", setting, value };
}
