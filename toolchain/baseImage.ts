import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import Docker from "dockerode";
import { Fault } from "#model/fault.ts";
import type { DockerEndpoint } from "#providers/docker/endpoint.ts";
import { deb822Sources, debianMirror, oneLineSources, type AptSource } from "./aptSources.ts";
import { cacheFolder } from "./cacheFolder.mjs";
import { apt, isDebianLike } from "./installEngine.ts";
import { withLock } from "./lock.mjs";
import { say, step } from "./progress.ts";
import { capture } from "./run.ts";

/** The base of both images, on the stack's engine. */
export const baseImage = "kilocode-mcp-base:trixie";
const baseName = { repo: "kilocode-mcp-base", tag: "trixie" };
const published = "debian:trixie-slim";
const publicMirror = "http://deb.debian.org/debian";

/** True if the engine has the base image. */
export async function hasBaseImage(endpoint: DockerEndpoint): Promise<boolean> {
  return hasImage(new Docker(endpoint.options), baseImage);
}

/**
 * Puts the base image on the engine: tagged if it is there under Debian's name, pulled where a registry
 * answers, else made from Debian's packages and imported through the engine's API.
 *
 * @throws Fault BASE_IMAGE_MISSING
 */
export async function ensureBaseImage(endpoint: DockerEndpoint, env = process.env): Promise<void> {
  const docker = new Docker(endpoint.options);
  if (await hasImage(docker, baseImage)) return;
  await withLock(path.join(cacheFolder(env), "locks", "base-image"), async () => {
    if (await hasImage(docker, baseImage)) return;
    if (!(await hasImage(docker, published)) && !(await pulled(docker))) {
      await step("base image (mmdebstrap)", () => makeBaseImage(docker, env));
      return;
    }
    await tag(docker);
  });
}

async function tag(docker: Docker): Promise<void> {
  await docker.getImage(published).tag(baseName);
}

async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  const found = await docker.listImages({ filters: { reference: [reference] } });
  return found.length > 0;
}

/** Pulls, giving up when the registry says nothing for ten seconds: on closed networks links often hang. */
async function pulled(docker: Docker): Promise<boolean> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), 10_000);
  try {
    const stream = await docker.pull(published, { abortSignal: abort.signal });
    say(`  pulling ${published} …`);
    await new Promise<void>((resolve, reject) => {
      abort.signal.addEventListener("abort", () => reject(new Error("the registry does not answer")));
      docker.modem.followProgress(
        stream,
        (error) => (error === null ? resolve() : reject(error)),
        () => {
          clearTimeout(timer);
          timer = setTimeout(() => abort.abort(), 30_000);
        },
      );
    });
    return await hasImage(docker, published);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Makes the base image from Debian's packages and imports it through the engine's API.
 * @throws Fault BASE_IMAGE_MISSING
 */
export async function makeBaseImage(docker: Docker, env: NodeJS.ProcessEnv, name = baseName): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-base-"));
  const archive = path.join(folder, "trixie.tar");
  try {
    await requireMmdebstrap(env);
    const mirror = debianMirror(readSources()) ?? publicMirror;
    const include = "--include=ca-certificates";
    const result = await capture("mmdebstrap", ["--variant=minbase", include, "trixie", archive, mirror], {
      env,
      timeoutSeconds: 900,
    });
    if (result.code !== 0) missing(`mmdebstrap failed:\n${result.stderr.trim().slice(-1500)}`);
    await imported(docker, archive, name);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function imported(docker: Docker, archive: string, name: typeof baseName): Promise<void> {
  try {
    const answer = await docker.importImage(archive, name);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(answer, (error) => (error === null ? resolve() : reject(error)));
    });
  } catch (error) {
    missing(`the engine refused the image: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function requireMmdebstrap(env: NodeJS.ProcessEnv): Promise<void> {
  if ((await capture("mmdebstrap", ["--version"], { env, timeoutSeconds: 20 })).code === 0) return;
  const release = fs.existsSync("/etc/os-release") ? fs.readFileSync("/etc/os-release", "utf8") : "";
  if (env.KILOCODE_SETUP === "no" || process.getuid?.() !== 0 || !isDebianLike(release)) {
    missing("no registry answers, and mmdebstrap is not installed");
  }
  say(
    "Installing mmdebstrap to make the base image from Debian's packages (undo: apt-get purge mmdebstrap).",
  );
  await apt(["update"], env);
  await apt(["install", "--yes", "--no-install-recommends", "mmdebstrap"], env);
}

/** The machine's own apt sources: on closed networks they name the mirror that can be reached. */
function readSources(): AptSource[] {
  const parts = "/etc/apt/sources.list.d";
  const names = fs.existsSync(parts) ? fs.readdirSync(parts).map((name) => path.join(parts, name)) : [];
  return [...names, "/etc/apt/sources.list"].flatMap((file) => {
    if (!fs.existsSync(file)) return [];
    const text = fs.readFileSync(file, "utf8");
    if (file.endsWith(".sources")) return deb822Sources(text);
    return file.endsWith(".list") ? oneLineSources(text) : [];
  });
}

function missing(problem: string): never {
  throw new Fault({
    code: "BASE_IMAGE_MISSING",
    where: baseImage,
    problem,
    mend: `make it reachable (\`docker pull ${published}\` and \`docker tag ${published} ${baseImage}\`), or run the set-up as root on Debian, which makes it from packages`,
  });
}
