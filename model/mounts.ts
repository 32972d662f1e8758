/*
 * Folders and volumes that users bring into a server's container. What comes in must not be a way to the engine,
 * and must not cover what the image and the stack's own volumes put there.
 */

export interface Mount {
  /** An absolute path on the engine's machine, or the name of a volume there. */
  readonly source: string;
  /** Where the container has it. */
  readonly target: string;
  readonly readOnly: boolean;
}

export function isFolder({ source }: Pick<Mount, "source">): boolean {
  return source.startsWith("/");
}

/** Folders of the engine's machine whose content, or a socket in them, is power over it. */
const dangerousSources = [
  "/boot",
  "/dev",
  "/etc",
  "/proc",
  "/root/.docker",
  "/run",
  "/sys",
  "/var/lib/containerd",
  "/var/lib/docker",
  "/var/run",
];

/** Places in the container that belong to the image, to the kernel or to volumes of the stack. */
const takenTargets = [
  "/bin",
  "/dev",
  "/etc",
  "/lib",
  "/lib64",
  "/opt/kilocode",
  "/proc",
  "/run",
  "/sbin",
  "/sys",
  "/tmp",
  "/usr",
  "/var/lib/kilocode",
  "/var/log/kilocode",
];

/** The one folder below a taken place that is there for users: rules of the compliance server. */
const openTargets = ["/opt/kilocode/mcp-servers/rules"];

/** What is wrong with a mount, in words that follow its name; undefined if nothing is. */
export function mountProblem(
  mount: Mount,
  others: readonly Mount[],
  objectPrefix: string,
): string | undefined {
  const { source, target } = mount;
  if (isFolder(mount)) {
    const dangerous = dangerousSources.find((folder) => isWithin(source, folder) || isWithin(folder, source));
    if (dangerous !== undefined)
      return `brings in ${source}, which holds or lies in ${dangerous}: whoever has that may rule the engine's machine.`;
  } else if (source.startsWith(`${objectPrefix}-`)) {
    return `brings in ${source}, a volume of this stack; each belongs to one service alone.`;
  }
  const taken = openTargets.includes(target)
    ? undefined
    : takenTargets.find((place) => isWithin(target, place) || isWithin(place, target));
  if (taken !== undefined) return `covers ${taken} of the container; choose a folder such as /mnt/NAME.`;
  const other = others.find((each) => isWithin(target, each.target) || isWithin(each.target, target));
  return other && `lies at ${target}, which the mount at ${other.target} covers or holds.`;
}

/** True for a folder and all that lies below it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}
