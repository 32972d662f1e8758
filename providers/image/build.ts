import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { pack, type Pack } from "tar-stream";
import { Fault } from "#model/fault.ts";
import { isNotFound } from "#providers/docker/engine.ts";
import { buildContext, repositoryRoot, type BuildContext, type ImageName } from "./context.ts";

/** Tag under which the set-up leaves a base image that it had to make itself. */
export const localBaseImage = "kilocode-mcp-base:trixie";
const publicBaseImage = "debian:trixie-slim";

/** True if the engine holds the image. */
export async function hasImage(engine: Docker, reference: string): Promise<boolean> {
  try {
    await engine.getImage(reference).inspect();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Builds `reference` from the repository unless the engine has it already.
 *
 * @param ownBase base image; empty: Debian trixie, as the set-up left it on the engine, else pulled.
 * @throws Fault BASE_IMAGE_MISSING, IMAGE_BUILD
 */
export async function buildImage(
  engine: Docker,
  name: ImageName,
  reference: string,
  ownBase = "",
): Promise<void> {
  if (await hasImage(engine, reference)) return;
  if (ownBase !== "") await pullImage(engine, ownBase);
  const base = ownBase === "" ? await baseImage(engine) : ownBase;
  const context = buildContext(name);
  const stream = pack();
  const sending = writeContext(stream, context, await engineArchitecture(engine));
  const answer = await engine.buildImage(stream as unknown as NodeJS.ReadableStream, {
    t: reference,
    buildargs: { BASE: base },
    labels: { "io.kilocode.image": name },
    rm: true,
    forcerm: true,
  });
  await Promise.all([sending, followProgress(engine, answer, reference)]);
}

/** Pulls an image that the stack names instead of a local build. */
export async function pullImage(engine: Docker, reference: string): Promise<void> {
  if (await hasImage(engine, reference)) return;
  const answer = await engine.pull(reference);
  await followProgress(engine, answer, reference);
}

async function baseImage(engine: Docker): Promise<string> {
  if (await hasImage(engine, localBaseImage)) return localBaseImage;
  if (await hasImage(engine, publicBaseImage)) return publicBaseImage;
  try {
    await pullImage(engine, publicBaseImage);
    return publicBaseImage;
  } catch (cause) {
    throw new Fault(
      {
        code: "BASE_IMAGE_MISSING",
        where: publicBaseImage,
        problem: "the base image is not on the engine and could not be pulled",
        mend: "run `npm run up` once on a Debian machine, which makes it from Debian's packages, or load the image by hand",
      },
      { cause },
    );
  }
}

async function engineArchitecture(engine: Docker): Promise<"x64" | "arm64"> {
  const { Architecture: architecture } = (await engine.info()) as { Architecture: string };
  return architecture === "aarch64" || architecture === "arm64" ? "arm64" : "x64";
}

/** The engine reports a failed build inside its progress, with status 200. */
async function followProgress(
  engine: Docker,
  answer: NodeJS.ReadableStream,
  reference: string,
): Promise<void> {
  const tail: string[] = [];
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(
      answer,
      (error: Error | null, events: { error?: string }[]) => {
        const failed = error ?? events.find((event) => event.error !== undefined)?.error;
        if (!failed) return resolve();
        reject(
          new Fault({
            code: "IMAGE_BUILD",
            where: reference,
            problem: `${typeof failed === "string" ? failed : failed.message}\n${tail.slice(-15).join("\n")}`,
            mend: "read the lines above; the step that failed is the last one",
          }),
        );
      },
      (event: { stream?: string; status?: string }) => {
        const line = (event.stream ?? event.status ?? "").trim();
        if (line !== "") tail.push(line);
      },
    );
  });
}

async function writeContext(stream: Pack, context: BuildContext, arch: "x64" | "arm64"): Promise<void> {
  for (const { source, target } of context.files) await addFile(stream, source, target);
  for (const folder of context.packageFolders) await addPackage(stream, folder, arch);
  if (context.node) await addNode(stream, arch);
  stream.finalize();
}

/** Owner and time are fixed, so that the engine's layer cache recognises unchanged content. */
function addFile(stream: Pack, source: string, target: string, mode?: number): Promise<void> {
  const executable = (statSync(source).mode & 0o111) !== 0;
  const header = { name: target, mode: mode ?? (executable ? 0o755 : 0o644), mtime: new Date(0) };
  return new Promise((resolve, reject) => {
    stream.entry(header, readFileSync(source), (error) => (error ? reject(error) : resolve()));
  });
}

/** False for native code of another platform: onnxruntime-node brings all of them, 288 MB. */
export function runsOn(path: string, arch: "x64" | "arm64"): boolean {
  const platform = /(?:^|\/)bin\/napi-v\d+\/([a-z0-9]+)\/([a-z0-9]+)\//.exec(path);
  return !platform || (platform[1] === "linux" && platform[2] === arch);
}

async function addPackage(stream: Pack, folder: string, arch: "x64" | "arm64"): Promise<void> {
  const root = join(repositoryRoot, folder);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.startsWith("node_modules/") && !/\.(map|d\.[cm]?ts|md|markdown)$/.test(path))
    .filter((path) => runsOn(path, arch))
    .sort();
  for (const path of entries) await addFile(stream, join(root, path), `${folder}/${path}`);
}

async function addNode(stream: Pack, arch: "x64" | "arm64"): Promise<void> {
  const installed = join(repositoryRoot, "node_modules", `node-linux-${arch}`, "bin/node");
  if (statSync(installed, { throwIfNoEntry: false })) return addFile(stream, installed, "node", 0o755);
  const folder = mkdtempSync(join(tmpdir(), "kilocode-node-"));
  try {
    const manifest = join(repositoryRoot, "package.json");
    const { optionalDependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
      optionalDependencies: Record<string, string>;
    };
    const pinned = `node-linux-${arch}@${optionalDependencies[`node-linux-${arch}`]!}`;
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, pinned], { cwd: folder });
    execFileSync("tar", ["-xzf", join(folder, readdirSync(folder)[0]!), "-C", folder]);
    await addFile(stream, join(folder, "package/bin/node"), "node", 0o755);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
