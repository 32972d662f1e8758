import { collectedMetrics } from "#model/files/schema/metrics.ts";

export type CollectorName = keyof typeof collectedMetrics;

export const collectorNames = Object.keys(collectedMetrics) as CollectorName[];

/** Values by their names in `collectedMetrics`; a collector leaves out what it could not find out. */
export type Values = Readonly<Record<string, number>>;

/** Units of the values. */
const units: Readonly<Record<string, string>> = {
  cpu_usage: "%",
  memory_usage: "%",
  disk_usage: "%",
  network_received: "bytes/s",
  network_sent: "bytes/s",
  request_rate: "1/s",
  response_rate: "1/s",
  error_rate: "%",
  latency: "ms",
  latency_p50: "ms",
  latency_p99: "ms",
  database_connections: "connections",
  query_rate: "1/s",
  slow_query_rate: "1/s",
  transaction_rate: "1/s",
  compliance_score: "%",
  active_users: "clients",
  memory_items: "items",
};

export function unitOf(value: string): string | undefined {
  return units[value];
}

/** Values that belong to one that is collected: they are told with it, and no alert can name them. */
const companions: Readonly<Record<string, string>> = { latency_p50: "latency", latency_p99: "latency" };

/** Names of the values that a collector brings with the metrics of its list. */
export function valuesOf(collector: CollectorName, metrics: readonly string[]): string[] {
  const groups = collectedMetrics[collector] as Readonly<Record<string, readonly string[]>>;
  const named = metrics.flatMap((metric) => groups[metric] ?? []);
  const beside = Object.keys(companions).filter((name) => named.includes(companions[name]!));
  return [...named, ...beside];
}
