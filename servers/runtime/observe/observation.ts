import type { Server } from "node:https";
import type { Access } from "#servers/runtime/access/access.ts";
import type { AuditStatus } from "#servers/runtime/audit/auditor.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { LogOutputs } from "#servers/runtime/logging/logOutputs.ts";
import type { ServiceDatabase } from "#servers/runtime/serviceDatabase.ts";
import { Alerts } from "./alerts.ts";
import type { AlertChange } from "./alerts.ts";
import { CallMeter } from "./callMeter.ts";
import { Collectors } from "./collectors.ts";
import { checkOf, healthScore, isReady, logProblem } from "./condition.ts";
import type { ServerCondition } from "./condition.ts";
import { databaseActivity } from "./databaseActivity.ts";
import { DatabaseProbe } from "./databaseProbe.ts";
import { serveEndpoints } from "./endpoints.ts";
import { Exposition } from "./exposition.ts";
import { MetricsListener } from "./metricsListener.ts";
import { keepSignOfLife } from "./signOfLife.ts";
import type { Condition } from "./signOfLife.ts";
import { collectorNames, unitOf, valuesOf } from "./values.ts";
import type { Values } from "./values.ts";

export interface ObservationOptions {
  readonly server: string;
  readonly version: string;
  readonly state: string;
  readonly database: Pick<ServiceDatabase, "record">;
  readonly access: Pick<Access, "addressOf" | "authenticate">;
  readonly log: Log;
  readonly outputs: LogOutputs;
  readonly current: () => Loaded;
  /** What only the server itself knows. */
  readonly measure: () => Promise<Values>;
  /** How the recording of calls is. */
  readonly spool: () => AuditStatus;
}

/** How the server is: measured, judged, told and recorded. */
export interface Observation {
  /** Counts calls. */
  readonly meter: CallMeter;
  /** Counts the answers of the MCP port. */
  watch(http: Server): void;
  /** After the start, and when other files are in force. */
  filesInForce(): Promise<void>;
  /** The latest files were refused for this reason. */
  filesRefused(problem: string): void;
  end(): Promise<void>;
}

export function observe(options: ObservationOptions): Observation {
  const { server, version, log, outputs, current } = options;
  const exposition = new Exposition(server, version);
  const meter = new CallMeter(exposition.countCall);
  const alerts = new Alerts();
  const probe = new DatabaseProbe(options.database);
  const started = new Date();
  let filesInForceSince = started;
  let refused: string | undefined;

  const tell = (changes: readonly AlertChange[]): void => {
    for (const { firing, ...change } of changes) {
      if (firing) log.warn(change, "alert firing");
      else log.info(change, "alert resolved");
    }
  };
  const collectors = new Collectors({
    state: options.state,
    meter,
    activity: databaseActivity,
    measure: options.measure,
    log,
    sampled(collector, values) {
      const { alerting, collectors: plans } = current().metrics;
      if (!alerting.enabled) return;
      tell(alerts.judge(values, new Set(valuesOf(collector, plans[collector].metrics))));
    },
  });
  /** As it was known last; nothing is asked. */
  const known = (): ServerCondition => ({
    checks: {
      database: checkOf(probe.last),
      files: checkOf(refused),
      log: checkOf(logProblem(outputs.condition())),
      spool: checkOf(
        options.spool().refusing ? "nothing more can be recorded, so calls are refused" : undefined,
      ),
    },
    alerts: alerts.states,
    sinks: outputs.condition().sinks,
  });
  const asked = async (): Promise<ServerCondition> => {
    await probe.problem();
    return known();
  };
  const exposed = async () => {
    const state = { values: collectors.latest, condition: await asked(), log: outputs.condition() };
    const further = { activity: databaseActivity, audit: options.spool(), filesInForceSince };
    const text = await exposition.text({ ...state, ...further });
    return { contentType: exposition.contentType, text };
  };
  const value = (name: string): number | undefined => collectors.latest.get(name)?.value;

  const signOfLife = keepSignOfLife({
    server,
    version,
    database: options.database,
    log,
    current,
    condition(): Condition {
      const condition = known();
      return {
        status: isReady(condition) ? "running" : "error",
        healthScore: healthScore(condition),
        cpuUsage: value("cpu_usage"),
        memoryUsage: value("memory_usage"),
        diskUsage: value("disk_usage"),
        responseTime: value("latency") ?? meter.lastLatency,
      };
    },
    values: () => collectors.latest,
  });
  const listener = new MetricsListener(
    serveEndpoints({
      server,
      access: options.access,
      condition: asked,
      exposition: { prometheus: exposed },
      async metrics() {
        const values = [...collectors.latest].map(([name, { value: of, at }]) => [
          name,
          { value: of, unit: unitOf(name), at },
        ]);
        return {
          server,
          time: new Date(),
          values: Object.fromEntries(values) as object,
          alerts: alerts.states,
        };
      },
      information: () => ({
        server,
        version,
        node: process.versions.node,
        started,
        files: { version: current().files.id.split("/").at(-1), inForceSince: filesInForceSince },
        protocols: ["2025-11-25", "2026-07-28"],
      }),
    }),
    log,
  );
  return {
    meter,
    watch: (http) => exposition.countResponses(http),
    async filesInForce() {
      const { metrics, config } = current();
      filesInForceSince = new Date();
      refused = undefined;
      const { slowQueryThreshold } = config.security as { slowQueryThreshold?: number };
      if (slowQueryThreshold !== undefined) databaseActivity.slowFrom = slowQueryThreshold;
      collectors.apply(metrics);
      const rules = metrics.enabled && metrics.alerting.enabled ? metrics.alerting.rules : [];
      tell(alerts.apply(rules, collectedBy(current())));
      for (const { alert, condition, state } of alerts.states) {
        if (state === "not collected")
          log.warn({ alert, condition }, "alert names a value that is not collected");
      }
      signOfLife.renew();
      await listener.apply(current());
    },
    filesRefused: (problem) => void (refused = problem),
    async end() {
      collectors.end();
      await Promise.all([signOfLife.end(), listener.end()]);
    },
  };
}

/** Names of the values that the files in force have collected. */
function collectedBy({ metrics }: Loaded): Set<string> {
  const collecting = metrics.enabled ? collectorNames.filter((name) => metrics.collectors[name].enabled) : [];
  return new Set(collecting.flatMap((name) => valuesOf(name, metrics.collectors[name].metrics)));
}
