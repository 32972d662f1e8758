import { Faults, type FaultDetails } from "#model/fault.ts";
import { parseSettings } from "#settings/parse.ts";
import type { RawConfig } from "#settings/settings.ts";

/** A configuration as Pulumi hands it over: scalars as text, objects as JSON. */
export function raw(config: Record<string, unknown>, more: Partial<RawConfig> = {}): RawConfig {
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const secretKeys = "secrets" in config ? ["secrets"] : [];
  return {
    project: "kilocode-mcp",
    stack: "dev",
    secretKeys,
    config: Object.fromEntries(texts) as Record<string, string>,
    ...more,
  };
}

/** A `prod` stack that lacks nothing; tests take one thing away. */
export function production(config: Record<string, unknown> = {}, more: Partial<RawConfig> = {}): RawConfig {
  return raw({ environment: "prod", acceptNoBackups: "true", ...config }, { stack: "prod", ...more });
}

/** What is wrong with a configuration; empty if nothing is. */
export function faultsOf(given: RawConfig): readonly FaultDetails[] {
  try {
    parseSettings(given);
    return [];
  } catch (error) {
    if (error instanceof Faults) return error.faults;
    throw error;
  }
}

/** `CODE place` of each fault. */
export function codesOf(given: RawConfig): string[] {
  return faultsOf(given).map(({ code, where }) => `${code} ${where ?? ""}`);
}
