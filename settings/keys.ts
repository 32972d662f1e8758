import { closest, distance } from "fastest-levenshtein";
import type { FaultDetails } from "#model/fault.ts";
import { stackConfig } from "./schema.ts";
import { looksSecret, secretName } from "./secretPlaces.ts";
import type { RawConfig } from "./settings.ts";

/** What a schema of zod shows of itself; enough to find the keys of an object in it. */
interface Shaped {
  readonly shape?: Readonly<Record<string, Shaped>>;
  readonly def?: { readonly innerType?: Shaped; readonly valueType?: Shaped };
}

/** The configuration with its objects read, and what is wrong with its top-level keys. */
export function readKeys(raw: RawConfig): { config: Record<string, unknown>; faults: FaultDetails[] } {
  const config: Record<string, unknown> = {};
  const faults = (raw.foreignKeys ?? []).map(foreignKey);
  for (const [key, text] of Object.entries(raw.config)) {
    if (key in stackConfig.shape) config[key] = readValue(key, text);
    else if (isFlat(key)) faults.push(flatKey(key));
    else faults.push(unknownKey([], key));
  }
  return { config, faults };
}

/** A key that does not exist, with the one that was probably meant. */
export function unknownKey(path: readonly PropertyKey[], key: string): FaultDetails {
  const siblings = keysAt(path);
  const where = pathText([...path, key]);
  const home = path.length === 0 ? "the configuration" : pathText(path);
  if (looksSecret(key)) {
    const place = `secrets.${secretName(where)}`;
    return {
      code: "SETTINGS_SECRET_MISPLACED",
      where,
      problem: `is no key of ${home}, and looks like a secret; secrets are allowed below \`secrets\` only.`,
      mend: `pulumi config rm --path '${where}' && pulumi config set --path --secret '${place}'`,
    };
  }
  const meant = siblings.length === 0 ? undefined : closest(key, siblings);
  const near = meant !== undefined && distance(key, meant) <= Math.max(2, Math.floor(meant.length / 3));
  return {
    code: "SETTINGS_UNKNOWN_KEY",
    where,
    problem: `is no key of ${home}, which has ${siblings.join(", ")}.`,
    mend: near
      ? `Did you mean ${pathText([...path, meant])}? Remove the other: pulumi config rm --path '${where}'`
      : `pulumi config rm --path '${where}'`,
  };
}

/** `network.hostnames[0]`, as `pulumi config set --path` takes it. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${String(part)}]`;
    const name = String(part);
    const step = /^[\w-]+$/.test(name) ? name : `["${name.replaceAll('"', '\\"')}"]`;
    return text === "" || step.startsWith("[") ? text + step : `${text}.${step}`;
  }, "");
}

/** Pulumi hands over objects as JSON text and scalars as they are. */
function readValue(key: string, text: string): unknown {
  const scalar = ["environment", "protect", "acceptNoBackups", "acceptDataLoss"].includes(key);
  if (scalar) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isFlat(key: string): boolean {
  const head = key.split(/[.[]/, 1)[0] ?? "";
  return head !== key && head in stackConfig.shape;
}

function flatKey(key: string): FaultDetails {
  const secret = key.startsWith("secrets") ? "--secret " : "";
  return {
    code: "SETTINGS_FLAT_KEY",
    where: key,
    problem: "was set without --path, so Pulumi stored it under that literal name, and nothing reads it.",
    mend: `pulumi config rm '${key}' && pulumi config set --path ${secret}'${key}' VALUE`,
  };
}

function foreignKey(key: string): FaultDetails {
  return {
    code: "SETTINGS_UNKNOWN_KEY",
    where: key,
    problem: `belongs to a namespace that nothing here reads.`,
    mend: `pulumi config rm '${key}'`,
  };
}

function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: Shaped | undefined = stackConfig as unknown as Shaped;
  for (const part of path) {
    schema = unwrap(schema);
    schema = schema?.shape?.[String(part)] ?? schema?.def?.valueType;
  }
  return Object.keys(unwrap(schema)?.shape ?? {});
}

function unwrap(schema: Shaped | undefined): Shaped | undefined {
  let inner = schema;
  while (inner?.def?.innerType) inner = inner.def.innerType;
  return inner;
}
