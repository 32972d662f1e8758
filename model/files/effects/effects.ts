import { originOf } from "#model/files/derived.ts";
import { pointerOf, stackKey, type Place } from "#model/files/place.ts";
import { fileKeys, type FileKey } from "#model/files/schema/files.ts";
import { accessEffects } from "./access.ts";
import { complianceEffects } from "./compliance.ts";
import type { AsSource, Effect, Effects } from "./effect.ts";
import { envEffects } from "./env.ts";
import { filesystemEffects } from "./filesystem.ts";
import { loggingEffects } from "./logging.ts";
import { mcpEffects } from "./mcp.ts";
import { memoryEffects } from "./memory.ts";
import { metricsEffects } from "./metrics.ts";
import { postgresEffects } from "./postgres.ts";
import { sslEffects } from "./ssl.ts";

/** What is known of every key of every file. */
export const fileEffects: Readonly<Record<FileKey, Effects>> = {
  mcp: mcpEffects,
  env: envEffects,
  filesystem: filesystemEffects,
  postgres: postgresEffects,
  memory: memoryEffects,
  compliance: complianceEffects,
  ssl: sslEffects,
  access: accessEffects,
  metrics: metricsEffects,
  logging: loggingEffects,
};

/** The effect of a key. */
export interface KeyEffect {
  readonly effect: Exclude<Effect, AsSource>;
  /** The key that holds the same fact and takes effect, where this one is a copy of it. */
  readonly source?: Place;
}

/** Undefined for a key of which nothing is known, and for a copy of none. */
export function effectOf(place: Place): KeyEffect | undefined {
  const effect = entryOf(place);
  if (effect?.state !== "as source") return effect && { effect };
  const source = originOf(place)?.source;
  const further = source && effectOf(source);
  return further && { effect: further.effect, source: further.source ?? source };
}

/** The entry of the key itself, or else of the nearest one around it. */
function entryOf({ file, parts }: Place): Effect | undefined {
  const effects = fileEffects[file];
  for (let length = parts.length; length > 0; length -= 1) {
    const names = parts.slice(0, length);
    const key = pointerOf({ file, parts: names });
    if (Object.hasOwn(effects, key)) return effects[key];
    const pattern = Object.keys(effects).find((each) => matches(each, names));
    if (pattern !== undefined) return effects[pattern];
  }
  return undefined;
}

function matches(pattern: string, parts: readonly string[]): boolean {
  if (!pattern.includes("*")) return false;
  const wanted = pattern.split("/").slice(1);
  return wanted.length === parts.length && wanted.every((name, at) => name === "*" || name === parts[at]);
}

/** A key that was set and that nothing obeys yet. */
export interface PlannedKey {
  readonly place: Place;
  /** As `pulumi config set --path` takes it. */
  readonly key: string;
  /** Completes "comes with …". */
  readonly part: string;
}

/**
 * Keys that were set and are not yet effective.
 *
 * @param files file to what was set in it: `files` of a stack, or the contents of somebody's files
 */
export function plannedKeys(files: Readonly<Record<string, unknown>>): PlannedKey[] {
  return fileKeys.flatMap((file) => collect({ file, parts: [] }, files[file]));
}

function collect(place: Place, value: unknown): PlannedKey[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, inner]) =>
      collect({ file: place.file, parts: [...place.parts, name] }, inner),
    );
  }
  if (value === undefined || place.parts.length === 0) return [];
  const { effect } = effectOf(place) ?? {};
  return effect?.state === "planned" ? [{ place, key: stackKey(place), part: effect.part }] : [];
}
