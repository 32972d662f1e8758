import { schemaName } from "#model/names.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { ServiceDatabase } from "#servers/runtime/serviceDatabase.ts";
import type { Collected } from "./collectors.ts";
import { selfReport } from "./selfReport.ts";
import { unitOf } from "./values.ts";

/** How a server is, as `server_status` has it; per cent, and milliseconds. Undefined: not measured. */
export interface Condition {
  readonly status: "running" | "stopped" | "error";
  /** 0 to 100. */
  readonly healthScore: number;
  readonly cpuUsage?: number | undefined;
  readonly memoryUsage?: number | undefined;
  readonly diskUsage?: number | undefined;
  readonly responseTime?: number | undefined;
}

export interface SignOfLifeOptions {
  readonly server: string;
  readonly version: string;
  readonly database: Pick<ServiceDatabase, "record">;
  readonly log: Log;
  readonly current: () => Loaded;
  readonly condition: () => Condition;
  /** The latest values by name. */
  readonly values: () => ReadonlyMap<string, Collected>;
}

export interface SignOfLife {
  /** A sign at once, and the timer anew: after a start and when other files are in force. */
  renew(): void;
  /** The last sign says `stopped`; without a database it is left out. */
  end(): Promise<void>;
}

const lastSignMilliseconds = 1000;

/**
 * Records how the server is, what it says of itself and what was measured, every `metrics.sampleInterval` seconds. A database that
 * is away costs a line in the log, once until it is back.
 */
export function keepSignOfLife(options: SignOfLifeOptions): SignOfLife {
  const { current, log } = options;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let failing = false;
  let recordedUntil = new Date(0);
  const sign = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      await recordCondition(options, options.condition());
      await recordReport(options);
      recordedUntil = await recordSamples(options, recordedUntil);
      failing = false;
    } catch (error) {
      if (!failing && !ended) log.warn({ err: error }, "sign of life not recorded; it is tried again");
      failing = true;
    }
    clearTimeout(timer);
    if (!ended) timer = setTimeout(() => void sign(), current().metrics.sampleInterval * 1000).unref();
  };
  return {
    renew: () => void sign(),
    async end() {
      ended = true;
      clearTimeout(timer);
      const last = recordCondition(options, { ...options.condition(), status: "stopped" }).catch(() => {});
      await Promise.race([last, new Promise((resolve) => setTimeout(resolve, lastSignMilliseconds).unref())]);
    },
  };
}

async function recordCondition(
  { server, database }: SignOfLifeOptions,
  { status, healthScore, cpuUsage, memoryUsage, diskUsage, responseTime }: Condition,
): Promise<void> {
  const values = [server, "mcp", status, healthScore, cpuUsage, memoryUsage, diskUsage, responseTime];
  await database.record({
    name: "record_heartbeat",
    text: `SELECT ${schemaName}.record_heartbeat($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: values.map((value) => value ?? null),
  });
}

/** Values that were collected since; returns the time of the newest. */
async function recordSamples({ server, database, values }: SignOfLifeOptions, since: Date): Promise<Date> {
  const fresh = [...values()].filter(([, { at }]) => at > since);
  if (fresh.length === 0) return since;
  const samples = fresh.map(([name, { value }]) => ({ name, value, unit: unitOf(name) }));
  await database.record({
    name: "record_samples",
    text: `SELECT ${schemaName}.record_samples($1, $2)`,
    values: [server, JSON.stringify(samples)],
  });
  return fresh.map(([, { at }]) => at).reduce((one, other) => (one > other ? one : other));
}

async function recordReport({ server, version, database, current }: SignOfLifeOptions): Promise<void> {
  const report = await selfReport(current(), version);
  await database.record({
    name: "record_self_report",
    text: `SELECT ${schemaName}.record_self_report($1, $2)`,
    values: [server, JSON.stringify(report)],
  });
}
