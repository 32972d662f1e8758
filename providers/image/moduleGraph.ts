import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface ModuleGraph {
  /** Source files below the root, and those of folders that they read, sorted. */
  readonly files: string[];
  /** Names of the npm packages that they import, sorted. */
  readonly packages: string[];
}

const specifiers =
  /(?:^|[\s;])(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|(?:^|[^.\w])import\s*\(?\s*["']([^"']+)["']/gm;

/** A folder that a module reads while it runs: its name ends with a slash. */
const folders = /new URL\(\s*["'](\.{1,2}\/[^"']*\/)["'],\s*import\.meta\.url\s*\)/g;

/** Every module that the entry files reach, by static or dynamic import with a literal name. */
export function moduleGraph(root: string, entries: readonly string[]): ModuleGraph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const read = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const source = readFileSync(join(root, file), "utf8");
    for (const [, folder] of source.matchAll(folders)) read.add(normalize(join(dirname(file), folder!)));
    for (const specifier of importsOf(source)) {
      if (specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".")) queue.push(normalize(join(dirname(file), specifier)));
      else if (specifier.startsWith("#")) queue.push(specifier.slice(1));
      else packages.add(packageName(specifier));
    }
  }
  const missing = [...files].find((file) => !existsSync(join(root, file)));
  if (missing !== undefined) throw new Error(`${missing} is imported and does not exist`);
  for (const folder of read) for (const file of filesBelow(root, folder)) files.add(file);
  return { files: [...files].sort(), packages: [...packages].sort() };
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => normalize(join(entry.parentPath, entry.name)).slice(normalize(`${root}/`).length));
}

/** Type-only imports are erased before the program runs, so they need nothing in the image. */
function importsOf(source: string): string[] {
  const text = source
    .replace(/^\s*import\s+type\s[^;]*;/gm, "")
    .replace(/^\s*export\s+type\s[^;]*from[^;]*;/gm, "");
  return [...text.matchAll(specifiers)].map((match) => match[1] ?? match[2]!);
}

function packageName(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]!;
}
