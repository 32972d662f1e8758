import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Fault } from "#model/fault.ts";
import { cacheFolder } from "./cacheFolder.mjs";
import { withLock } from "./lock.mjs";
import { binaries, projectRoot, type Binary } from "./pins.ts";
import { duration, say, step } from "./progress.ts";
import { capture } from "./run.ts";

/** A Pulumi engine with language host and plugins, built on this machine. */
export interface BuiltToolchain {
  /** Holds `pulumi`; goes first on PATH. */
  readonly bin: string;
  /** PULUMI_HOME with the plugins. */
  readonly home: string;
}

const sources = path.join(projectRoot, "toolchain", "go");
/** Free space that a build needs for its module and build caches and the result. */
const neededBytes = 6e9;

/** The same on every machine for the same pins and sources, so that each set is built once. */
export function toolchainKey(pins: readonly Binary[] = binaries(), folder = sources): string {
  const hash = createHash("sha256")
    .update(JSON.stringify(pins))
    .update(`${process.platform}-${process.arch}`);
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile());
  const names = files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  for (const name of names.sort()) {
    hash.update(`\0${name}\0`).update(fs.readFileSync(path.join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

function layout(folder: string): BuiltToolchain {
  return { bin: path.join(folder, "bin"), home: path.join(folder, "home") };
}

function finished(env: NodeJS.ProcessEnv): string {
  return path.join(cacheFolder(env), "toolchain", toolchainKey());
}

/** The toolchain if it was built before. */
export function builtToolchain(env: NodeJS.ProcessEnv = process.env): BuiltToolchain | undefined {
  const folder = finished(env);
  return fs.existsSync(folder) ? layout(folder) : undefined;
}

/**
 * Builds engine, language host and plugins from pinned Go modules; every module's hash is checked against
 * the committed go.sum. The folder appears under its final name when all of it is there. A build that was
 * killed goes on with the next binary; one that runs elsewhere is waited for.
 *
 * @throws Fault PULUMI_MISSING without Go or space, TOOLCHAIN_BUILD if a build fails.
 */
export async function buildToolchain(env: NodeJS.ProcessEnv = process.env): Promise<BuiltToolchain> {
  const folder = finished(env);
  const waiting = (pid: number) => say(`Waiting for process ${pid}, which builds the toolchain …`);
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!fs.existsSync(folder)) await build(folder, env);
    },
    waiting,
  );
  return layout(folder);
}

async function build(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const workshop = `${folder}.building`;
  fs.mkdirSync(workshop, { recursive: true });
  await requireGo(env);
  requireSpace(workshop);
  say(
    "Building the Pulumi engine and four plugins from Go modules, because no download site is reachable:\n" +
      `  once per machine, about 10 minutes on two cores, up to 6 GB meanwhile, 0.4 GB afterwards in ${folder}`,
  );
  const started = Date.now();
  const { bin, home } = layout(workshop);
  const all = binaries();
  for (const [index, binary] of all.entries()) {
    const target = path.join(place(binary, bin, home), binary.name);
    if (fs.existsSync(target)) continue;
    await step(`${binary.name} (${index + 1} of ${all.length})`, () =>
      compile(binary, target, workshop, env),
    );
  }
  // The language host starts the program that serves dynamic resources; npm's package has it in its root.
  const script = "pulumi-resource-pulumi-nodejs";
  fs.copyFileSync(
    path.join(projectRoot, "node_modules", "@pulumi", "pulumi", script),
    path.join(bin, script),
  );
  fs.chmodSync(path.join(bin, script), 0o755);
  for (const cache of goCaches(workshop)) fs.rmSync(cache, { recursive: true, force: true });
  fs.renameSync(workshop, folder);
  say(`Toolchain built (${duration(Date.now() - started)}).`);
}

function place(binary: Binary, bin: string, home: string): string {
  if (binary.plugin === undefined) return bin;
  return path.join(home, "plugins", `resource-${binary.plugin.name}-v${binary.plugin.version}`);
}

/** Go's caches live beside the result and go when it is finished: 4 GB that nothing needs again. */
function goCaches(workshop: string): string[] {
  return ["modules", "objects", "gopath"].map((name) => path.join(workshop, name));
}

async function compile(
  binary: Binary,
  target: string,
  workshop: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const [modules, objects, gopath] = goCaches(workshop);
  const draft = path.join(workshop, `${binary.name}.part`);
  const tags = binary.tags === "" ? [] : ["-tags", binary.tags];
  const result = await capture(
    "go",
    ["build", "-trimpath", ...tags, "-ldflags", `-s -w -X ${binary.set}`, "-o", draft, binary.target],
    {
      cwd: path.join(sources, binary.module),
      env: {
        ...env,
        GOMODCACHE: modules,
        GOCACHE: objects,
        GOPATH: gopath,
        // The module cache is read-only by default, and then cannot be removed in one go.
        GOFLAGS: "-mod=readonly -modcacherw -buildvcs=false",
        GOWORK: "off",
        CGO_ENABLED: "0",
      },
    },
  );
  if (result.code !== 0) {
    throw new Fault({
      code: "TOOLCHAIN_BUILD",
      where: `toolchain/go/${binary.module}`,
      problem: `\`go build\` of ${binary.name} failed:\n${lastLines(result.stderr)}`,
      mend: "check that the Go module proxy is reachable (`go env GOPROXY`) and run the command again, or install Pulumi: https://www.pulumi.com/docs/iac/download-install/",
    });
  }
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.renameSync(draft, target);
}

function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading"));
  return lines.slice(-12).join("\n");
}

async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  const { code } = await capture("go", ["version"], { env, timeoutSeconds: 20 });
  if (code === 0) return;
  throw new Fault({
    code: "PULUMI_MISSING",
    problem:
      "Pulumi is not installed, its download site does not answer, and there is no Go to build it with",
    mend: "install Pulumi (https://www.pulumi.com/docs/iac/download-install/), or Go (https://go.dev/dl/), then run the command again",
  });
}

function requireSpace(folder: string): void {
  const { bavail, bsize } = fs.statfsSync(folder);
  if (bavail * bsize >= neededBytes) return;
  throw new Fault({
    code: "TOOLCHAIN_BUILD",
    where: folder,
    problem: `${((bavail * bsize) / 1e9).toFixed(1)} GB are free, and building the Pulumi engine needs about 6 GB for a while`,
    mend: "free some space, or set XDG_CACHE_HOME to a folder on a larger disk",
  });
}
