import { readFile } from "node:fs/promises";
import type { Mount } from "./mountInfo.ts";

/** What the container may use; null where there is no limit, or none that the process can see. */
export interface ContainerLimits {
  /** Bytes. */
  readonly memory: number | null;
  readonly cpus: number | null;
  readonly pids: number | null;
}

type Controller = "memory" | "cpu" | "pids";

/** Reads a file; undefined where there is none. */
export type ReadText = (path: string) => Promise<string | undefined>;

/** A control group of the process: its folder, and the version of the interface. */
export interface ControlGroup {
  readonly version: 1 | 2;
  readonly folder: string;
}

/**
 * Where the files of a controller lie, from `/proc/self/cgroup` and the mounts. In a container of version 1 the
 * path is the host's and the mount's root hides its beginning.
 */
export function controlGroup(
  controller: Controller,
  membership: string,
  mounts: readonly Mount[],
): ControlGroup | undefined {
  const lines = membership.split("\n").map((line) => line.split(":"));
  const own = mounts.find(({ type, superOptions }) => type === "cgroup" && superOptions.includes(controller));
  if (own) {
    const path = lines.find(([, names]) => names?.split(",").includes(controller))?.[2];
    return path === undefined ? undefined : { version: 1, folder: inside(own, path) };
  }
  const unified = mounts.find(({ type }) => type === "cgroup2");
  const path = lines.find(([hierarchy]) => hierarchy === "0")?.[2];
  return unified && path !== undefined ? { version: 2, folder: inside(unified, path) } : undefined;
}

function inside({ root, point }: Mount, path: string): string {
  const rest =
    path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : root === "/" ? path : "";
  return `${point}${rest === "/" ? "" : rest}`;
}

export async function containerLimits(
  membership: string,
  mounts: readonly Mount[],
  read: ReadText,
): Promise<ContainerLimits> {
  const group = (controller: Controller) => controlGroup(controller, membership, mounts);
  const [memory, cpu, pids] = [group("memory"), group("cpu"), group("pids")];
  const number = async (found: ControlGroup | undefined, names: Record<1 | 2, string>) =>
    limitOf(found && (await read(`${found.folder}/${names[found.version]}`)));
  return {
    memory: await number(memory, { 1: "memory.limit_in_bytes", 2: "memory.max" }),
    cpus: await cpuLimit(cpu, read),
    pids: await number(pids, { 1: "pids.max", 2: "pids.max" }),
  };
}

async function cpuLimit(group: ControlGroup | undefined, read: ReadText): Promise<number | null> {
  if (!group) return null;
  const { folder, version } = group;
  const texts =
    version === 2
      ? ((await read(`${folder}/cpu.max`)) ?? "").trim().split(" ")
      : [await read(`${folder}/cpu.cfs_quota_us`), await read(`${folder}/cpu.cfs_period_us`)];
  const [quota, period] = texts.map((text) => Number(text?.trim() || Number.NaN));
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

/** Bytes in use without what the kernel can take back at once, as engines show it. */
export async function memoryInUse(group: ControlGroup, read: ReadText): Promise<number | undefined> {
  const [used, reclaimable] = {
    1: ["memory.usage_in_bytes", "total_inactive_file"] as const,
    2: ["memory.current", "inactive_file"] as const,
  }[group.version];
  const total = limitOf(await read(`${group.folder}/${used}`));
  if (total === null) return undefined;
  const statistics = (await read(`${group.folder}/memory.stat`)) ?? "";
  const cached = Number(new RegExp(`^${reclaimable} (\\d+)$`, "m").exec(statistics)?.[1] ?? 0);
  return Math.max(0, total - cached);
}

/** `max`, and version 1's number for it, are no limit. */
function limitOf(text: string | undefined): number | null {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) && value >= 0 && value < 2 ** 62 ? value : null;
}

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
