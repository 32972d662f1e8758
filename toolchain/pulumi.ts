import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { builtToolchain, buildToolchain, type BuiltToolchain } from "./build.ts";
import { cacheFolder } from "./cacheFolder.mjs";
import { installOfficial, officialBin, siteAnswers } from "./officialRelease.ts";
import { projectRoot, pulumiVersion } from "./pins.ts";
import { say } from "./progress.ts";
import { capture } from "./run.ts";

export interface Pulumi {
  /** Path of the program. */
  readonly pulumi: string;
  /** The user's own, the official release fetched by us, or the toolchain built here. */
  readonly source: "path" | "official" | "built";
  /** Environment for it and for everything that uses the same state: PATH, PULUMI_*, NODE_COMPILE_CACHE. */
  readonly env: NodeJS.ProcessEnv;
}

/** A Pulumi that is there already, without fetching or building anything. */
export async function findPulumi(env: NodeJS.ProcessEnv = process.env): Promise<Pulumi | undefined> {
  const own = await onPath(env);
  if (own !== undefined) return fromFolder(path.dirname(own), "path", env);
  const official = officialBin(env);
  if (official !== undefined) return fromFolder(official, "official", env);
  const built = builtToolchain(env);
  return built === undefined ? undefined : fromToolchain(built, env);
}

/**
 * A usable Pulumi: the user's own if it is new enough, else the official release, else one built from Go
 * modules for networks without the download site.
 *
 * @throws Fault PULUMI_MISSING or TOOLCHAIN_BUILD
 */
export async function ensurePulumi(env: NodeJS.ProcessEnv = process.env): Promise<Pulumi> {
  const found = await findPulumi(env);
  if (found !== undefined) return found;
  if (await siteAnswers()) {
    const bin = await installOfficial(env);
    if (bin !== undefined) return fromFolder(bin, "official", env);
    say("The official release could not be installed.");
  }
  return fromToolchain(await buildToolchain(env), env);
}

/** True if `version` (such as `v3.251.0`) is at least `least`; anything that is no version is not. */
export function isNewEnough(version: string, least = pulumiVersion): boolean {
  const read = (text: string) => /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim())?.slice(1).map(Number);
  const have = read(version);
  const want = read(least);
  if (have === undefined || want === undefined) return false;
  for (const [index, part] of want.entries()) {
    const difference = (have[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The user's own Pulumi: new enough, and with the language host that runs Node programs. */
async function onPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const program = which("pulumi", env);
  if (program === undefined) return undefined;
  const host = "pulumi-language-nodejs";
  const beside = path.join(path.dirname(fs.realpathSync(program)), host);
  if (!fs.existsSync(beside) && which(host, env) === undefined) return undefined;
  const { code, stdout } = await capture(program, ["version"], { env: quiet(env), timeoutSeconds: 20 });
  return code === 0 && isNewEnough(stdout) ? program : undefined;
}

function which(program: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env.PATH ?? "").split(path.delimiter)) {
    // npm puts node_modules/.bin on PATH; a shim there is not the user's installation.
    if (folder === "" || folder.startsWith(path.join(projectRoot, "node_modules"))) continue;
    const candidate = path.join(folder, program);
    try {
      fs.accessSync(candidate, fs.constants.X_OK);
      if (fs.statSync(candidate).isFile()) return candidate;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined;
}

function quiet(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" };
}

/** Plugins of an official Pulumi download themselves, into the user's plugin folder as always. */
function fromFolder(bin: string, source: "path" | "official", env: NodeJS.ProcessEnv): Pulumi {
  return { pulumi: path.join(bin, "pulumi"), source, env: { ...quiet(env), ...common(bin, env) } };
}

function fromToolchain({ bin, home }: BuiltToolchain, env: NodeJS.ProcessEnv): Pulumi {
  const own = {
    // Own builds carry official version numbers: they must never reach the user's plugin folder. The login
    // stays where it is.
    PULUMI_HOME: home,
    PULUMI_CREDENTIALS_PATH: env.PULUMI_CREDENTIALS_PATH ?? userPulumiHome(env),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  return {
    pulumi: path.join(bin, "pulumi"),
    source: "built",
    env: { ...quiet(env), ...own, ...common(bin, env) },
  };
}

/** Where the user's Pulumi keeps login and plugins. */
export function userPulumiHome(env: NodeJS.ProcessEnv): string {
  const set = env.PULUMI_HOME;
  if (set !== undefined && set !== "" && !set.startsWith(cacheFolder(env))) return set;
  return path.join(env.HOME ?? os.homedir(), ".pulumi");
}

/** PATH and Node settings: the program is run by the project's own Node, whatever is installed. */
function common(bin: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const first = [path.dirname(process.execPath), bin];
  const rest = (env.PATH ?? "").split(path.delimiter).filter((folder) => !first.includes(folder));
  return {
    PATH: [...first, ...rest].join(path.delimiter),
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? path.join(cacheFolder(env), "compiled"),
  };
}
