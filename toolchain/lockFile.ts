/** An entry of package-lock.json's `packages`, as far as it matters here. */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type LockFile = { packages: Record<string, LockedPackage> };

/**
 * Optional packages that the lock file asks for and does not list: `npm ci` refuses such a file. npm leaves
 * them out when the registry does not serve the package, as mirrors often do with other platforms' binaries.
 */
export function missingOptional(lockText: string): { name: string; version: string; of: string }[] {
  const { packages } = JSON.parse(lockText) as LockFile;
  return Object.entries(packages).flatMap(([of, { optionalDependencies }]) =>
    Object.entries(optionalDependencies ?? {})
      .filter(([name]) => !places(of, name).some((place) => place in packages))
      .map(([name, version]) => ({ name, version, of })),
  );
}

/** Where Node.js would look for `name`, seen from the package at `of`. */
function places(of: string, name: string): string[] {
  const own = of === "" ? `node_modules/${name}` : `${of}/node_modules/${name}`;
  if (of === "") return [own];
  const cut = of.lastIndexOf("/node_modules/");
  return [own, ...places(cut === -1 ? "" : of.slice(0, cut), name)];
}

/**
 * The lock file with the packages that `npm ci` misses. Their platform is in their name; what is unknown, as
 * the registry has not told, is the hash. Machines of that platform install them by version alone.
 */
export function completeLock(lockText: string): string {
  const lock = JSON.parse(lockText) as LockFile;
  for (const { name, version, of } of missingOptional(lockText)) {
    if (!/^\d/.test(version)) throw new Error(`${name} ${version}: only exact versions can be completed`);
    const dev = lock.packages[of]?.dev === true ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), ...dev, optional: true };
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  return `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`;
}

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors: Readonly<Record<string, string>> = {
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
};

/** Reads a name such as `@oxlint/binding-linux-arm64-musl`. */
export function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const parts = name.split(/[/-]/);
  const os = parts.filter((part) => systems.includes(part));
  const cpu = parts.flatMap((part) => processors[part] ?? []);
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`the platform of ${name} is not in its name`);
  const libc = parts.some((part) => part.startsWith("musl")) ? { libc: ["musl"] } : {};
  return { os, cpu, ...libc };
}
