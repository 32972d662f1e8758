import { paths, type ServerName } from "#model/names.ts";
import { originOf, reasonOf, settingOf } from "./derived.ts";
import { fileLeaves, leafAt } from "./leaves.ts";
import { placeAt, pointerOf, stackKey, type Place } from "./place.ts";
import { fileKeys, fileName, fileSchemas, type FileKey } from "./schema/files.ts";
import { metaOf, schemaAt } from "./schema/walk.ts";

/** Who gets files: the servers, and the container in which the specification's scripts run. */
export type FileReader = ServerName | "tools";

export interface CatalogFile {
  readonly file: FileKey;
  /** `filesystem.json` */
  readonly name: string;
  /** In every container that has it. */
  readonly path: string;
  readonly format: "json" | "dotenv";
  /** Below `templates/files/`. */
  readonly template: string;
  /** Below `schemas/`. */
  readonly schema: string;
  readonly readers: readonly FileReader[];
}

const servers: readonly ServerName[] = ["filesystem", "postgres", "memory", "compliance"];

/** Every rendered file, in the specification's order. */
export const fileCatalog: readonly CatalogFile[] = fileKeys.map((file) => {
  const name = fileName(file);
  return {
    file,
    name,
    path: `${paths.files}/mcp/${name}`,
    format: file === "env" ? "dotenv" : "json",
    template: `${name}.hbs`,
    schema: `${file}.schema.json`,
    readers: readersOf(file),
  };
});

/** The scripts of the specification look at every file; a server at its own and at those about all servers. */
function readersOf(file: FileKey): FileReader[] {
  if (file === "mcp" || file === "env") return ["tools"];
  const own = servers.filter((server) => server === file);
  return [...(own.length > 0 ? own : servers), "tools"];
}

/** Names of the files that a reader gets. */
export function filesFor(reader: FileReader): string[] {
  return fileCatalog.filter(({ readers }) => readers.includes(reader)).map(({ name }) => name);
}

/** One key of a rendered file, for documentation. */
export interface CatalogKey {
  readonly place: Place;
  /** JSON Pointer; for `.env` the name of the variable. */
  readonly pointer: string;
  /** For `pulumi config set --path`, where `from` is not `derived`. */
  readonly stackKey: string;
  readonly meaning: string;
  readonly unit: string | undefined;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** In the schema; undefined where it follows from the stack's settings, or where there is none. */
  readonly default: unknown;
  /** `default`: as the schema has it. `inherited`: as another key or setting has it, unless set. `derived`: not to be set. */
  readonly from: "default" | "inherited" | "derived";
  /** The stack key that an inherited or derived value follows from. */
  readonly setting: string | undefined;
  /** Why nothing changes a derived value. */
  readonly reason: string | undefined;
}

/** The keys of a file, in its order; lists and records (roles, rules) count as one key each. */
export function catalogKeys(file: FileKey): CatalogKey[] {
  return fileLeaves(file).map(({ place }) => describe(place, place));
}

/** A key by its pointer, also inside a list or a record; undefined if there is none. */
export function catalogKey(file: FileKey, pointer: string): CatalogKey | undefined {
  const place = placeAt(file, pointer);
  const leaf = leafAround(place);
  return leaf && schemaAt(fileSchemas[file], place.parts) ? describe(place, leaf) : undefined;
}

function leafAround({ file, parts }: Place): Place | undefined {
  const places = parts.map((_, index) => ({ file, parts: parts.slice(0, index + 1) }));
  return places.find((place) => leafAt(place) !== undefined);
}

/** @param leaf the key of which `place` is the value or a part of it */
function describe(place: Place, leaf: Place): CatalogKey {
  const schema = schemaAt(fileSchemas[place.file], place.parts)!;
  const { description, unit, allowed } = metaOf(schema);
  const origin = originOf(leaf);
  const inside = place.parts.slice(leaf.parts.length);
  return {
    place,
    pointer: pointerOf(place),
    stackKey: stackKey(place),
    meaning: description,
    unit,
    allowed: allowed ?? "",
    default: origin?.value ? undefined : partOf(leafAt(leaf)?.default, inside),
    from: origin?.kind ?? "default",
    setting: origin && settingOf(origin),
    reason: origin && reasonOf(origin),
  };
}

function partOf(value: unknown, parts: readonly string[]): unknown {
  return parts.reduce<unknown>(
    (inner, part) => (inner as Record<string, unknown> | undefined)?.[part],
    value,
  );
}
