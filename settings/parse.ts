import { Fault, Faults, type FaultDetails } from "#model/fault.ts";
import { tryFiles } from "#model/files/build.ts";
import { fileFacts } from "#model/files/facts.ts";
import { deploymentOf } from "#model/files/rules/deployment.ts";
import { deploymentFaults } from "#model/files/rules/faults.ts";
import { complete } from "./defaults.ts";
import { readKeys } from "./keys.ts";
import { notBuiltFaults } from "./notBuilt.ts";
import { placeholderFaults } from "./placeholders.ts";
import { productionFaults } from "./production.ts";
import { ruleFaults } from "./rules.ts";
import type { StackConfig } from "./schema.ts";
import { secretPlaceFaults } from "./secretPlaces.ts";
import type { RawConfig, Settings } from "./settings.ts";
import { checkShape } from "./shape.ts";

/**
 * The settings of a stack: checked, complete with all defaults, frozen.
 *
 * @throws Faults with everything that is wrong, found in one pass. No message holds a secret.
 */
export function parseSettings(raw: RawConfig): Settings {
  const { config, faults } = readKeys(raw);
  const isSecret = (path: string) => {
    const head = path.split(/[.[]/, 1)[0] ?? "";
    return head === "secrets" || raw.secretKeys.includes(head);
  };
  faults.push(...secretPlaceFaults(raw, config["secrets"]));
  faults.push(...placeholderFaults(config, isSecret));
  const shape = checkShape(config, isSecret);
  faults.push(...shape.faults);
  const settings = completeOr(shape.value, raw, faults);
  faults.push(...ruleFaults(settings, shape.value));
  faults.push(...notBuiltFaults(shape.value));
  // Messages about files show values: none where one of them is secret, which is a fault of its own.
  const shown = isSecret("files") ? { ...settings, files: {} } : settings;
  faults.push(...fileFaults(shown, faults.length > 0));
  faults.push(...productionFaults(settings, shape.value, raw));
  if (faults.length > 0) throw new Faults(distinct(faults));
  return deepFreeze(settings);
}

/**
 * What is wrong with `files`, and with the files that the settings lead to; the latter is a consequence where
 * the settings themselves are at fault.
 */
function fileFaults(settings: Settings, atFault: boolean): FaultDetails[] {
  const facts = fileFacts(settings, "0");
  const { values, faults } = tryFiles(facts, settings.files);
  const wellFormed = faults.every(({ code }) => code === "FILES_RULE");
  const deployment = deploymentOf(settings);
  const unfit = wellFormed ? deploymentFaults({ values, facts, deployment }) : [];
  return [...faults, ...unfit].filter(({ where }) => !atFault || where?.startsWith("files") === true);
}

/** A misplaced secret under a key that does not exist is one fault, not two. */
function distinct(faults: readonly FaultDetails[]): FaultDetails[] {
  const misplaced = new Set<string | undefined>();
  return faults.filter(({ code, where }) => {
    if (code !== "SETTINGS_SECRET_MISPLACED" && code !== "SETTINGS_UNKNOWN_KEY") return true;
    if (misplaced.has(where)) return false;
    if (code === "SETTINGS_SECRET_MISPLACED") misplaced.add(where);
    return true;
  });
}

/** With too little memory, the remaining rules are judged as with the default. */
function completeOr(config: StackConfig, raw: RawConfig, faults: FaultDetails[]): Settings {
  try {
    return complete(config, raw.project, raw.stack);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    faults.push({
      code: error.code,
      where: error.where ?? "postgres",
      problem: error.problem,
      mend: error.mend,
    });
    const { memory: _memory, maxConnections: _connections, ...postgres } = config.postgres ?? {};
    return complete({ ...config, postgres }, raw.project, raw.stack);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
