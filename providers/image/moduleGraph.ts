import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface ModuleGraph {
  /** Source files below the root, sorted. */
  readonly files: string[];
  /** Names of the npm packages that they import, sorted. */
  readonly packages: string[];
}

const specifiers =
  /(?:^|[\s;])(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|(?:^|[^.\w])import\s*\(?\s*["']([^"']+)["']/gm;

/** Every module that the entry files reach, by static or dynamic import with a literal name. */
export function moduleGraph(root: string, entries: readonly string[]): ModuleGraph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const specifier of importsOf(readFileSync(join(root, file), "utf8"))) {
      if (specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".")) queue.push(normalize(join(dirname(file), specifier)));
      else if (specifier.startsWith("#")) queue.push(specifier.slice(1));
      else packages.add(packageName(specifier));
    }
  }
  const missing = [...files].find((file) => !existsSync(join(root, file)));
  if (missing !== undefined) throw new Error(`${missing} is imported and does not exist`);
  return { files: [...files].sort(), packages: [...packages].sort() };
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
