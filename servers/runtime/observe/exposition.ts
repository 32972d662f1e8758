import type { Server } from "node:https";
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import type { AuditStatus } from "#servers/runtime/audit/auditor.ts";
import type { LogCondition } from "#servers/runtime/logging/logOutputs.ts";
import type { CallListener } from "./callMeter.ts";
import type { Collected } from "./collectors.ts";
import { isReady } from "./condition.ts";
import type { ServerCondition } from "./condition.ts";
import type { DatabaseActivity } from "./databaseActivity.ts";
import { unitOf } from "./values.ts";

/** What is told at the moment of a scrape. */
export interface ExpositionState {
  readonly values: ReadonlyMap<string, Collected>;
  readonly condition: ServerCondition;
  readonly log: LogCondition;
  readonly activity: DatabaseActivity;
  readonly audit: AuditStatus;
  readonly filesInForceSince: Date;
}

/** Seconds; most calls take a few milliseconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics as Prometheus reads them. Every one has the label `server`. */
export class Exposition {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();
  readonly #calls: Counter;
  readonly #seconds: Histogram;
  readonly #responses: Counter;

  constructor(server: string, version: string) {
    this.#registry.setDefaultLabels({ server });
    this.#calls = this.#counter("kilocode_tool_calls_total", "Calls of tools that were answered", [
      "tool",
      "outcome",
    ]);
    this.#responses = this.#counter("kilocode_http_responses_total", "Answers of the MCP port", ["status"]);
    this.#seconds = new Histogram({
      name: "kilocode_tool_call_seconds",
      help: "Time of a call",
      labelNames: ["tool"],
      buckets,
      registers: [this.#registry],
    });
    this.#gauge("kilocode_info", "The server's version", ["version"]).set({ version }, 1);
    this.#gauge("process_start_time_seconds", "Start of the process").set(
      Date.now() / 1000 - process.uptime(),
    );
  }

  readonly countCall: CallListener = (tool, failed, milliseconds) => {
    this.#calls.inc({ tool, outcome: failed ? "failed" : "success" });
    this.#seconds.observe({ tool }, milliseconds / 1000);
  };

  countResponses(server: Server): void {
    server.on("request", (_request, response) => {
      response.once("finish", () => this.#responses.inc({ status: response.statusCode }));
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(state: ExpositionState): Promise<string> {
    this.#tellProcess();
    this.#tellValues(state.values);
    this.#tellCondition(state.condition, state.filesInForceSince);
    this.#tellLog(state.log);
    const { queries, slowQueries, transactions } = state.activity;
    this.#total("kilocode_database_queries_total", "Queries sent to PostgreSQL", queries);
    this.#total("kilocode_database_slow_queries_total", "Queries that took too long", slowQueries);
    this.#total("kilocode_database_transactions_total", "Transactions", transactions);
    this.#tellAudit(state.audit);
    return this.#registry.metrics();
  }

  #tellAudit({
    waitingBytes,
    capacityBytes,
    delivered,
    damagedSegments,
    failedDeliveries,
  }: AuditStatus): void {
    this.#gauge("kilocode_audit_waiting_bytes", "Records that the database does not have yet").set(
      waitingBytes,
    );
    this.#gauge("kilocode_audit_capacity_bytes", "Most bytes that may wait").set(capacityBytes);
    this.#total("kilocode_audit_delivered_total", "Records that the database took", delivered);
    this.#gauge("kilocode_audit_damaged_segments", "Files of records that cannot be read").set(
      damagedSegments,
    );
    this.#gauge("kilocode_audit_failed_deliveries", "Attempts in a row that failed").set(failedDeliveries);
  }

  #tellProcess(): void {
    const { user, system } = process.cpuUsage();
    this.#gauge("process_resident_memory_bytes", "Memory of the process").set(process.memoryUsage.rss());
    this.#total("process_cpu_seconds_total", "Processor time of the process", (user + system) / 1e6);
  }

  /** A value that is not collected any more is not told any more. */
  #tellValues(values: ReadonlyMap<string, Collected>): void {
    const gauge = this.#gauge("kilocode_collected", "Latest value of a collector", ["name", "unit"]);
    gauge.reset();
    for (const [name, { value }] of values) gauge.set({ name, unit: unitOf(name) ?? "" }, value);
  }

  #tellCondition(condition: ServerCondition, filesInForceSince: Date): void {
    const { checks, alerts, sinks } = condition;
    this.#gauge("kilocode_ready", "1 if the server can do its work").set(Number(isReady(condition)));
    const check = this.#gauge("kilocode_check", "1 if it holds", ["check"]);
    for (const [name, { ok }] of Object.entries(checks)) check.set({ check: name }, Number(ok));
    const refused = "1 if the latest files were refused and older ones are in force";
    this.#gauge("kilocode_files_refused", refused).set(Number(!checks.files.ok));
    const since = this.#gauge(
      "kilocode_files_in_force_timestamp_seconds",
      "Since when the files in force are",
    );
    since.set(filesInForceSince.getTime() / 1000);
    const firing = this.#gauge("kilocode_alert_firing", "1 while the alert fires", ["alert"]);
    firing.reset();
    for (const { alert, state } of alerts) firing.set({ alert }, Number(state === "firing"));
    const up = this.#gauge("kilocode_log_sink_up", "1 if lines reach the sink", ["sink"]);
    up.reset();
    for (const { name, problem } of sinks) up.set({ sink: name }, Number(problem === undefined));
  }

  #tellLog({ unwritable, unwritten, sinks }: LogCondition): void {
    this.#gauge("kilocode_log_files_writable", "1 if the log files are written").set(
      Number(unwritable.length === 0),
    );
    this.#total("kilocode_log_lines_unwritten_total", "Lines that are in no file", unwritten);
    const dropped = this.#counter("kilocode_log_lines_dropped_total", "Lines given up by a sink", ["sink"]);
    const delivered = this.#counter("kilocode_log_lines_delivered_total", "Lines that a sink took", ["sink"]);
    dropped.reset();
    delivered.reset();
    for (const sink of sinks) {
      dropped.inc({ sink: sink.name }, sink.dropped);
      delivered.inc({ sink: sink.name }, sink.delivered);
    }
  }

  /** A count that is kept elsewhere. */
  #total(name: string, help: string, value: number): void {
    const counter = this.#counter(name, help);
    counter.reset();
    counter.inc(value);
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    const known = this.#counters.get(name);
    if (known) return known;
    const counter = new Counter({ name, help, labelNames, registers: [this.#registry] });
    this.#counters.set(name, counter);
    return counter;
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    const known = this.#gauges.get(name);
    if (known) return known;
    const gauge = new Gauge({ name, help, labelNames, registers: [this.#registry] });
    this.#gauges.set(name, gauge);
    return gauge;
  }
}
