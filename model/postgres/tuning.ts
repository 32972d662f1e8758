import { Fault } from "#model/fault.ts";

export const workloads = ["web", "oltp", "dw", "desktop", "mixed"] as const;
export type Workload = (typeof workloads)[number];

export const storages = ["ssd", "hdd", "san", "nvme"] as const;
export type Storage = (typeof storages)[number];

/** What a PostgreSQL server is given. */
export interface Resources {
  /** Bytes; the container's memory limit. */
  readonly memory: number;
  /** May be fractional, as Docker's `--cpus`. */
  readonly cpus: number;
  readonly workload: Workload;
  readonly storage: Storage;
  /** Default: the workload's, or as many as fit the memory. */
  readonly maxConnections?: number | undefined;
}

/** Settings by name, memory as PostgreSQL writes it (`1GB`, `5041kB`). */
export type SettingValues = Readonly<Record<string, string>>;

const kB = 1024;
const MB = 1024 * kB;
const GB = 1024 * MB;

/** Below this pgtune gives a connection no less for each of its sorts and hashes. */
const workMemoryFloor = 4 * MB;
/** pgtune assumes that each connection uses this many times work_mem. */
const workMemoryUses = 3;
/** Fewer than this cannot serve the deployment, the servers and somebody who looks at it by hand. */
export const minimumConnections = 20;

const connectionsByWorkload = { web: 200, oltp: 300, dw: 40, desktop: 20, mixed: 100 } as const;
const walSizesInGB = {
  web: [1, 4],
  oltp: [2, 8],
  dw: [4, 16],
  desktop: [100 / 1024, 2],
  mixed: [1, 4],
} as const;
const ioConcurrency = { hdd: 2, ssd: 200, san: 300, nvme: 1000 } as const;

/**
 * pgtune's published rules for PostgreSQL 17 (github.com/le0pard/pgtune, `configurationSlice.js` of
 * 2026-07-30) for a database about as large as the memory. They know no containers: see `tune`.
 */
export function pgtune(resources: Resources): SettingValues {
  const { memory, workload, storage } = resources;
  const connections = resources.maxConnections ?? connectionsByWorkload[workload];
  const sharedBuffers = sharedBuffersOf(resources);
  const maintenance = Math.min(workload === "dw" ? memory / 8 : memory / 16, 8 * GB);
  const [minWal, maxWal] = walSizesInGB[workload];
  return {
    max_connections: String(connections),
    shared_buffers: size(sharedBuffers),
    effective_cache_size: size(workload === "desktop" ? memory / 4 : (memory * 3) / 4),
    work_mem: size(workMemory(resources, connections, sharedBuffers)),
    maintenance_work_mem: size(maintenance),
    ...(maintenance >= 2 * GB ? { autovacuum_work_mem: "2GB" } : {}),
    huge_pages: sharedBuffers >= 2 * GB ? "try" : "off",
    wal_buffers: size(walBuffers(sharedBuffers)),
    min_wal_size: size(minWal * GB, MB),
    max_wal_size: size(maxWal * GB, MB),
    wal_compression: "lz4",
    checkpoint_completion_target: "0.9",
    default_statistics_target: workload === "dw" ? "500" : "100",
    random_page_cost: storage === "hdd" || workload === "dw" ? "4" : "1.1",
    effective_io_concurrency: String(ioConcurrency[storage]),
    ...parallelism(resources),
    jit: workload === "dw" || workload === "desktop" ? "on" : "off",
    ...(workload === "desktop" ? { wal_level: "minimal", max_wal_senders: "0" } : {}),
  };
}

/** What a PostgreSQL container is started with. */
export interface Tuning {
  readonly settings: SettingValues;
  readonly maxConnections: number;
  /** Bytes of /dev/shm: parallel index builds and hash joins lie there (Docker's default is 64 MB). */
  readonly shmSize: number;
  /** Bytes: RLIMIT_DATA of every process, so that one query fails instead of the whole server. */
  readonly dataLimit: number;
}

/**
 * pgtune's rules, fitted to a container whose memory limit is all there is. pgtune's floor of 4 MB for
 * work_mem overcommits below about 3.3 GB; there, max_connections is what gives way: as many as its own
 * formula, solved for the connections, allows at the floor.
 *
 * @throws Fault SETTINGS_MEMORY if the memory cannot serve the connections asked for (at least 20).
 */
export function tune(resources: Resources): Tuning {
  const affordable = affordableConnections(resources);
  const wanted = resources.maxConnections ?? connectionsByWorkload[resources.workload];
  const least = resources.maxConnections ?? minimumConnections;
  if (affordable < least) throw tooLittleMemory(resources, least, affordable);
  const maxConnections = Math.min(wanted, affordable);
  const settings = pgtune({ ...resources, maxConnections });
  return {
    settings,
    maxConnections,
    shmSize: sharedMemorySize(settings),
    dataLimit: Math.floor((resources.memory - sharedBuffersOf(resources)) / workMemoryUses),
  };
}

/** The least memory, in bytes and whole 64 MB, that serves so many connections. */
export function memoryFor(connections: number, resources: Omit<Resources, "memory">): number {
  const share = 1 - (resources.workload === "desktop" ? 1 / 16 : 1 / 4);
  const bytes = ((connections + workers(resources.cpus)) * workMemoryUses * workMemoryFloor) / share;
  return Math.ceil(bytes / (64 * MB)) * 64 * MB;
}

function affordableConnections(resources: Resources): number {
  const left = resources.memory - sharedBuffersOf(resources);
  return Math.floor(left / (workMemoryUses * workMemoryFloor)) - workers(resources.cpus);
}

function tooLittleMemory(resources: Resources, connections: number, affordable: number): Fault {
  const needed = size(memoryFor(connections, resources));
  const asked = resources.maxConnections === undefined ? "at least " : "";
  return new Fault({
    code: "SETTINGS_MEMORY",
    where: "postgres.memory",
    problem: `${size(resources.memory)} serves ${String(Math.max(0, affordable))} connections; PostgreSQL needs ${needed} for ${asked}${String(connections)}.`,
    mend: `pulumi config set --path postgres.memory ${needed}${resources.maxConnections === undefined ? "" : ", or lower postgres.maxConnections"}`,
  });
}

function sharedBuffersOf({ memory, workload }: Resources): number {
  return workload === "desktop" ? memory / 16 : memory / 4;
}

/** pgtune counts the parallel workers with the connections: PostgreSQL's default of 8 below four cores. */
function workers(cpus: number): number {
  return cpus >= 4 ? Math.floor(cpus) : 8;
}

function workMemory(resources: Resources, connections: number, sharedBuffers: number): number {
  const base =
    (resources.memory - sharedBuffers) / ((connections + workers(resources.cpus)) * workMemoryUses);
  const divisor = { web: 1, oltp: 1, dw: 2, mixed: 2, desktop: 6 }[resources.workload];
  return Math.max(base / divisor, workMemoryFloor);
}

function walBuffers(sharedBuffers: number): number {
  const wanted = (sharedBuffers * 3) / 100;
  if (wanted > 14 * MB) return 16 * MB;
  return Math.max(wanted, 32 * kB);
}

function parallelism({ cpus, workload }: Resources): SettingValues {
  const cores = Math.floor(cpus);
  if (cores < 4) return {};
  const half = Math.ceil(cores / 2);
  return {
    max_worker_processes: String(cores),
    max_parallel_workers: String(cores),
    max_parallel_workers_per_gather: String(workload === "dw" ? half : Math.min(half, 4)),
    max_parallel_maintenance_workers: String(Math.min(half, 4)),
    ...(cores >= 16 ? { autovacuum_max_workers: cores >= 32 ? "5" : "4" } : {}),
  };
}

/**
 * A parallel HNSW build puts its whole graph, up to maintenance_work_mem, into /dev/shm, and a parallel
 * hash join work_mem × hash_mem_multiplier (2) per worker; Docker's 64 MB remain for the rest.
 */
export function sharedMemorySize(settings: SettingValues): number {
  const parallelWorkers = Number(settings["max_parallel_workers"] ?? 8);
  const hashJoins = parallelWorkers * 2 * memoryValue(settings["work_mem"] ?? "4MB");
  return 64 * MB + memoryValue(settings["maintenance_work_mem"] ?? "64MB") + hashJoins;
}

/** Bytes of a memory value as PostgreSQL writes it; a bare number counts kilobytes. */
export function memoryValue(text: string): number {
  const match = /^\s*([\d.]+)\s*(B|kB|MB|GB|TB)?\s*$/.exec(text);
  if (!match) throw new TypeError(`not a memory value of PostgreSQL: ${text}`);
  const factors = { B: 1, kB, MB, GB, TB: 1024 * GB } as const;
  return Number(match[1]) * factors[(match[2] ?? "kB") as keyof typeof factors];
}

/** In the largest unit that divides it, as pgtune prints: `1GB`, `256MB`, `5041kB`. */
export function size(bytes: number, granularity = kB): string {
  const whole = Math.floor(bytes / granularity) * granularity;
  if (whole % GB === 0) return `${String(whole / GB)}GB`;
  if (whole % MB === 0) return `${String(whole / MB)}MB`;
  return `${String(whole / kB)}kB`;
}
