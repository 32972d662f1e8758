import { readFileSync } from "node:fs";
import { join } from "node:path";

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** A package of the closure: its folder below the project, and what pins its content. */
export interface ClosurePackage {
  readonly folder: string;
  readonly pin: string;
}

/** Packages that only a package's installation needs, which is over when an image is built. */
const installOnly: Readonly<Record<string, readonly string[]>> = {
  // Both fetch native code that the package brings along anyway.
  "onnxruntime-node": ["adm-zip", "global-agent"],
};

/** What packages name as a dependency and none of their code imports: a test runner, and types. */
const onlyNamed = /^(borp$|@types\/)/;

/**
 * All packages that the given ones need at run time, read from package-lock.json (format 3), in a stable order.
 * Optional dependencies are left out: they are native builds for the operator's platform, not the image's.
 */
export function packageClosure(root: string, names: readonly string[]): ClosurePackage[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const found = new Map<string, ClosurePackage>();
  const queue = names.map((name) => ({ name, from: "" }));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const folder = resolveLocked(lock.packages, next.name, next.from);
    if (folder === undefined) throw new Error(`${next.name} is not in package-lock.json`);
    if (found.has(folder)) continue;
    const locked = lock.packages[folder]!;
    found.set(folder, { folder, pin: `${folder}@${locked.version} ${locked.integrity ?? ""}` });
    const peers = Object.keys(locked.peerDependencies ?? {}).filter(
      (name) =>
        !locked.peerDependenciesMeta?.[name]?.optional &&
        resolveLocked(lock.packages, name, folder) !== undefined,
    );
    const needless = installOnly[next.name] ?? [];
    for (const name of [...Object.keys(locked.dependencies ?? {}), ...peers]) {
      if (needless.includes(name) || onlyNamed.test(name)) continue;
      queue.push({ name, from: folder });
    }
  }
  return [...found.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Node's lookup: the nearest `node_modules` at or above the folder that asks. */
function resolveLocked(
  packages: Record<string, LockedPackage>,
  name: string,
  from: string,
): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const candidate = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (at === "") return undefined;
  }
}
