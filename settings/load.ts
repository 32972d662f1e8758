import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { isMistakenNamespace } from "./foreignNamespace.ts";
import { parseSettings } from "./parse.ts";
import type { RawConfig, Settings } from "./settings.ts";
import { inspectStackFile } from "./stackFile.ts";

/** Left out of the SDK's types, and the only way to ask it. */
const runtime = pulumi.runtime as typeof pulumi.runtime & {
  isConfigSecret: (this: void, key: string) => boolean;
};

export interface LoadedSettings {
  readonly settings: Settings;
  /** What users supplied below `secrets`, by name. */
  readonly secrets: pulumi.Output<Record<string, string>>;
}

/**
 * Reads the configuration of the running stack.
 *
 * @throws Faults with everything that is wrong with it.
 */
export function loadSettings(): LoadedSettings {
  const settings = parseSettings(rawConfig(pulumi.getProject(), pulumi.getStack()));
  const secrets = new pulumi.Config().getSecretObject<Record<string, string>>("secrets");
  return { settings, secrets: secrets ?? pulumi.secret<Record<string, string>>({}) };
}

function rawConfig(project: string, stack: string): RawConfig {
  const all = Object.entries(pulumi.runtime.allConfig() as Record<string, string>);
  const own = all.filter(([key]) => key.startsWith(`${project}:`));
  const config = Object.fromEntries(own.map(([key, value]) => [key.slice(project.length + 1), value]));
  const foreignKeys = all
    .map(([key]) => key)
    .filter((key) => isMistakenNamespace(key.split(":", 1)[0] ?? "", project));
  const secretKeys = Object.keys(config).filter((key) => runtime.isConfigSecret(`${project}:${key}`));
  return {
    project,
    stack,
    config,
    secretKeys,
    ...fileSecrets(project, stack, Object.keys(config)),
    foreignKeys,
    ...(isPassphraseGenerated() ? { passphraseOrigin: "generated" as const } : {}),
  };
}

/** The stack's file says more than Pulumi does; where another file was given, it is not about this run. */
function fileSecrets(project: string, stack: string, keys: readonly string[]) {
  const file = fileURLToPath(new URL(`../Pulumi.${stack}.yaml`, import.meta.url));
  if (!existsSync(file)) return {};
  const found = inspectStackFile(readFileSync(file, "utf8"), project);
  const same = keys.length === found.keys.length && keys.every((key) => found.keys.includes(key));
  return same ? { secretPaths: found.secretPaths, plainSecrets: found.plainSecrets } : {};
}

/** The file that the set-up generates for `dev` (toolchain/state.ts), given to another stack. */
function isPassphraseGenerated(): boolean {
  const file = process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (process.env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || file === undefined) return false;
  const configured = process.env["XDG_CONFIG_HOME"];
  const base = configured?.startsWith("/") === true ? configured : join(homedir(), ".config");
  return resolve(file) === join(base, "kilocode-mcp", "passphrase");
}
