import { statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { containerLimits, controlGroup, memoryInUse, readText } from "./controlGroup.ts";
import type { ContainerLimits, ControlGroup } from "./controlGroup.ts";
import { parseMountInfo } from "./mountInfo.ts";
import { networkBytes } from "./networkBytes.ts";
import type { NetworkBytes } from "./networkBytes.ts";
import type { Values } from "./values.ts";

interface Reading {
  /** Milliseconds of `performance.now`. */
  readonly at: number;
  /** Microseconds of processor time. */
  readonly cpu: number;
  readonly network: NetworkBytes | undefined;
}

/** The container: rates and shares since the last look, or since the start. */
export class SystemCollector {
  readonly #state: string;
  #last: Reading | undefined;
  #surroundings: Promise<{ limits: ContainerLimits; memory: ControlGroup | undefined }> | undefined;

  /** @param state folder whose file system counts as the disk */
  constructor(state: string) {
    this.#state = state;
  }

  async start(): Promise<void> {
    this.#last = await read();
  }

  async collect(): Promise<Values> {
    const [before, now] = [this.#last, await read()];
    this.#last = now;
    const { limits, memory } = await (this.#surroundings ??= surroundings());
    const values: Record<string, number> = {};
    const used =
      (memory && limits.memory !== null ? await memoryInUse(memory, readText) : undefined) ??
      process.memoryUsage.rss();
    values["memory_usage"] = share(used, limits.memory ?? totalmem());
    const disk = await statfs(this.#state).catch(() => undefined);
    if (disk && disk.blocks > 0) values["disk_usage"] = share(disk.blocks - disk.bavail, disk.blocks);
    if (before && now.at > before.at) {
      const seconds = (now.at - before.at) / 1000;
      values["cpu_usage"] = share(
        (now.cpu - before.cpu) / 1e6 / seconds,
        limits.cpus ?? availableParallelism(),
      );
      if (now.network && before.network) {
        values["network_received"] = (now.network.received - before.network.received) / seconds;
        values["network_sent"] = (now.network.sent - before.network.sent) / seconds;
      }
    }
    return values;
  }
}

async function read(): Promise<Reading> {
  const { user, system } = process.cpuUsage();
  const network = await readText("/proc/net/dev");
  return {
    at: performance.now(),
    cpu: user + system,
    network: network === undefined ? undefined : networkBytes(network),
  };
}

async function surroundings(): Promise<{ limits: ContainerLimits; memory: ControlGroup | undefined }> {
  const mounts = parseMountInfo((await readText("/proc/self/mountinfo")) ?? "");
  const membership = (await readText("/proc/self/cgroup")) ?? "";
  return {
    limits: await containerLimits(membership, mounts, readText),
    memory: controlGroup("memory", membership, mounts),
  };
}

function share(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100;
}
