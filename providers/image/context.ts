import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { moduleGraph } from "./moduleGraph.ts";
import { packageClosure } from "./packageClosure.ts";

/** The images that this project builds; each has a folder below `images/`. */
export type ImageName = "postgres" | "mcp" | "tools";

/** What goes into an image build. */
export interface BuildContext {
  /** Files of the repository, `target` being their place in the build context. */
  readonly files: { readonly source: string; readonly target: string }[];
  /** Folders of installed npm packages, copied without their nested `node_modules`. */
  readonly packageFolders: readonly string[];
  /** True if the image runs Node.js: the builder adds `node` for the engine's architecture. */
  readonly node: boolean;
  /** Hash of everything that decides the content: the tag of the image. */
  readonly hash: string;
}

/** The checkout that holds this file. */
export const repositoryRoot = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

const cache = new Map<ImageName, BuildContext>();

/** The build context of an image; the same sources always give the same hash, wherever the checkout lies. */
export function buildContext(name: ImageName): BuildContext {
  const known = cache.get(name);
  if (known) return known;
  const context = name === "mcp" ? serverContext() : imageFolder(name);
  cache.set(name, context);
  return context;
}

function imageFolder(name: ImageName): BuildContext {
  const folder = join(repositoryRoot, "images", name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((source) => ({ source, target: relative(folder, source) }));
  return { files, packageFolders: [], node: false, hash: hashOf(files, []) };
}

/** What is started by its path: the container's programs, and the threads that deliver log lines. */
const serverEntries = ["servers/main.ts", "servers/healthcheck.ts", "servers/runtime/logging/sinkWorker.ts"];

/** The servers, with exactly the modules and packages that they import. */
function serverContext(): BuildContext {
  const graph = moduleGraph(repositoryRoot, serverEntries);
  const closure = packageClosure(repositoryRoot, graph.packages);
  const files = [
    ...imageFolder("mcp").files,
    ...graph.files.map((file) => ({ source: join(repositoryRoot, file), target: file })),
    { source: join(repositoryRoot, "images/mcp/package.json"), target: "package.json" },
  ];
  const pins = [...closure.map(({ pin }) => pin), ...nodePins()];
  return {
    files,
    packageFolders: closure.map(({ folder }) => folder),
    node: true,
    hash: hashOf(files, pins),
  };
}

/** The Node.js that goes into the image is npm's, at the version and integrity of the lock file. */
function nodePins(): string[] {
  return ["x64", "arm64"].flatMap((arch) =>
    packageClosure(repositoryRoot, [`node-linux-${arch}`]).map(({ pin }) => pin),
  );
}

function hashOf(files: BuildContext["files"], pins: readonly string[]): string {
  const hash = createHash("sha256");
  for (const { source, target } of files) {
    hash.update(`${target}\0`).update(readFileSync(source)).update("\0");
  }
  for (const pin of pins) hash.update(`${pin}\n`);
  return hash.digest("hex").slice(0, 16);
}
