import type { SettingDefinition } from "./catalog.ts";
import { unquotable } from "./quote.ts";

const memoryUnits = { B: 1, kB: 1024, "8kB": 8192, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
const timeUnits = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const booleans = ["on", "off", "true", "false", "yes", "no", "1", "0"];

/** What is wrong with a value of a setting, as half a sentence that follows its name; or undefined. */
export function valueProblem(definition: SettingDefinition, value: string): string | undefined {
  if (definition.type === "string") return unquotable(value);
  if (definition.type === "integer" || definition.type === "real") return numberProblem(definition, value);
  const allowed = definition.type === "bool" ? booleans : (definition.values ?? []);
  if (allowed.some((word) => word.toLowerCase() === value.toLowerCase())) return undefined;
  return `must be one of ${allowed.filter((word) => word !== "").join(", ")}`;
}

function numberProblem(definition: SettingDefinition, value: string): string | undefined {
  const { unit, min = -Infinity, max = Infinity } = definition;
  const units = unitsFor(unit);
  const allowed = `must be a number from ${String(min)} to ${String(max)}${unit === undefined ? "" : `, counted in ${unit} or with its unit`}`;
  const match = /^([-+]?\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(value.trim());
  if (!match) return allowed;
  const factor = match[2] === "" ? 1 : (units[match[2] ?? ""] ?? 0) / (units[unit ?? ""] ?? 1);
  if (factor === 0) {
    return unit === undefined
      ? `${allowed} without a unit`
      : `must have one of the units ${Object.keys(units).join(", ")}`;
  }
  const number = Number(match[1]) * factor;
  return number >= min && number <= max ? undefined : allowed;
}

function unitsFor(unit: string | undefined): Readonly<Record<string, number>> {
  if (unit === undefined) return {};
  return unit in memoryUnits ? memoryUnits : timeUnits;
}
