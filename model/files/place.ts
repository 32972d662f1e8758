import { fileName, type FileKey } from "./schema/files.ts";

/** A key of a rendered file. */
export interface Place {
  readonly file: FileKey;
  /** Names from the file's top to the key; numbers of list items as text. */
  readonly parts: readonly string[];
}

/** JSON Pointer (RFC 6901); for `.env` the name of the variable. */
export function pointerOf({ file, parts }: Place): string {
  if (file === "env") return parts.join("/");
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The place that a pointer names; the leading slash may be missing, as it is for `.env`. */
export function placeAt(file: FileKey, pointer: string): Place {
  const parts = pointer.replace(/^\//, "").split("/");
  return { file, parts: parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~")) };
}

/** As `pulumi config set --path` takes it: `files.memory.memory.maxItems`. */
export function stackKey({ file, parts }: Place): string {
  return parts.reduce<string>((text, part) => {
    if (/^\d+$/.test(part)) return `${text}[${part}]`;
    return /^[\w-]+$/.test(part) ? `${text}.${part}` : `${text}["${part.replaceAll('"', '\\"')}"]`;
  }, `files.${file}`);
}

/** For messages: `memory.json /memory/maxItems`. */
export function placeText(place: Place): string {
  const pointer = pointerOf(place);
  return pointer === "" ? fileName(place.file) : `${fileName(place.file)} ${pointer}`;
}
