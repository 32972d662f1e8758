import { isDeepStrictEqual } from "node:util";
import { catalogKey, catalogKeys, type CatalogKey } from "#model/files/catalog.ts";
import { placeText, type Place } from "#model/files/place.ts";
import { fileKeys, type FileKey, type FileValues } from "#model/files/schema/files.ts";
import { settingCatalog } from "#model/postgres/catalog.ts";
import { overrideProblems } from "#model/postgres/overrides.ts";
import { differences } from "./differences.ts";
import type { AsSource, Effect } from "./effect.ts";
import { effectOf } from "./effects.ts";
import { settingEffects } from "./postgresqlConf.ts";
import { specificationKeys, type SpecificationKey } from "./specificationKeys.ts";

/** `live`: without a restart. `restart`: PostgreSQL restarts once. `fixed`: nothing changes it. */
export type Change = "live" | "restart" | "fixed";

/** One row of the documentation of keys. */
export interface KeyRow {
  readonly file: SpecificationKey["file"];
  /** JSON Pointer, or the name of the variable or setting. */
  readonly key: string;
  readonly meaning: string;
  readonly unit: string | undefined;
  /** As the file holds it: JSON, or bare text; undefined if the file has none. */
  readonly default: string | undefined;
  /** The specification's value; undefined for keys that are this project's own. */
  readonly specified: string | undefined;
  /** Why the two differ; undefined where they do not. */
  readonly difference: string | undefined;
  /** Stack key that changes it. */
  readonly setting: string | undefined;
  /** Where nothing changes it: why. */
  readonly reason: string | undefined;
  readonly change: Change;
  /** Undefined: unaccounted. */
  readonly effect: Exclude<Effect, AsSource> | undefined;
  /** The key that it is a copy of, in words. */
  readonly source: string | undefined;
}

/** What a stack's files hold, from which defaults are told. */
export interface Rendered {
  readonly files: FileValues;
  /** Settings of postgresql.conf by name, as they stand there. */
  readonly postgresql: Readonly<Record<string, string>>;
}

/** A row for every key of the specification, in its order. */
export function specifiedRows(rendered: Rendered): KeyRow[] {
  return specificationKeys().map(({ file, key, value }) =>
    file === "postgresql.conf" ? settingRow(key, value, rendered) : fileRow(file, key, value, rendered),
  );
}

/** A row for every key that is this project's own. */
export function furtherRows(rendered: Rendered): KeyRow[] {
  const specified = specificationKeys();
  const isSpecified = ({ place: { file }, pointer }: CatalogKey) =>
    specified.some((each) => each.file === file && `${each.key}/`.startsWith(`${pointer}/`));
  return fileKeys.flatMap((file) =>
    catalogKeys(file)
      .filter((key) => !isSpecified(key))
      .map(({ pointer }) => fileRow(file, pointer, undefined, rendered)),
  );
}

function fileRow(file: FileKey, key: string, specified: string | undefined, { files }: Rendered): KeyRow {
  const known = catalogKey(file, key);
  if (!known) throw new TypeError(`${file} has no key ${key}`);
  const { effect, source } = effectOf(known.place) ?? {};
  const value = valueAt(files[file], known.place);
  const fixed = known.reason ?? onlyValue(known);
  return {
    file,
    key,
    meaning: known.meaning,
    unit: known.unit,
    default: written(file, value),
    specified,
    difference: isSame(file, value, specified) ? undefined : differences[file]?.[key],
    setting: fixed === undefined ? (known.from === "derived" ? known.setting : known.stackKey) : undefined,
    reason: fixed,
    change: fixed === undefined ? "live" : "fixed",
    effect,
    source: source && placeText(source),
  };
}

/** Variables of `.env` are bare text. */
function written(file: FileKey, value: unknown): string | undefined {
  return file === "env" && typeof value === "string" ? value : JSON.stringify(value);
}

function isSame(file: FileKey, value: unknown, specified: string | undefined): boolean {
  if (specified === undefined) return true;
  return file === "env"
    ? written(file, value) === specified
    : isDeepStrictEqual(value, JSON.parse(specified));
}

/** The words of a schema that takes one value only, such as `true: the servers speak HTTPS only`. */
function onlyValue({ allowed }: CatalogKey): string | undefined {
  const switched = /^(?:true|false): (.+)$/s.exec(allowed)?.[1];
  if (switched !== undefined) return switched;
  const one = /^one of ([^,]+)$/.exec(allowed)?.[1];
  return one === undefined ? undefined : `only ${one} is supported`;
}

function settingRow(key: string, specified: string, { postgresql }: Rendered): KeyRow {
  const known = settingEffects.get(key);
  const definition = settingCatalog.get(key);
  const value = postgresql[key];
  const [problem] = overrideProblems({ [key]: unquoted(value ?? "") });
  // Where another setting holds the value, that one is named; where none does, the words say what decides.
  const setting = problem ? /^Set ([\w.]+)\.$/.exec(problem.mend)?.[1] : `postgres.settings.${key}`;
  const reason = setting === undefined && problem ? asReason(problem.mend) : undefined;
  const restarts = definition?.context === "postmaster";
  return {
    file: "postgresql.conf",
    key,
    meaning: known?.meaning ?? "",
    unit: undefined,
    default: value,
    specified,
    difference:
      unquoted(value ?? "") === unquoted(specified) ? undefined : differences["postgresql.conf"]?.[key],
    setting,
    reason,
    change: reason !== undefined ? "fixed" : restarts ? "restart" : "live",
    effect: known?.effect,
    source: undefined,
  };
}

/** `Set x: it decides y.` and `The image fixes it; leave it out.` as words that follow "because". */
function asReason(mend: string): string {
  const words = mend.replace(/; leave it out\.$/, "").replace(/^Set ([\w.]+): it (.+)\.$/, "$1 $2");
  return /^[A-Z][a-z]/.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words;
}

/** Both files quote simple texts only. */
function unquoted(value: string): string {
  return value.replace(/^'(.*)'$/s, "$1");
}

function valueAt(value: unknown, { parts }: Place): unknown {
  return parts.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[part] : undefined,
    value,
  );
}
