import { asSource, effective, type Effect, type Effects } from "./effect.ts";
import { proofs as shared } from "./proofs.ts";
import { proofs } from "./proofs/observe.ts";

const collectors = "servers/runtime/observe/collectors.ts";
const endpoints = "servers/runtime/observe/endpoints.ts";
const observation = "servers/runtime/observe/observation.ts";

const plan = "{ enabled, interval, metrics: chosen } = metrics.collectors[name]";
const chosen = effective(collectors, plan, proofs.chosen);
const told = (reads: string): Effect => effective(endpoints, reads, proofs.endpoints);

/** `metrics.json` */
export const metricsEffects: Effects = {
  "/metrics/enabled": effective(collectors, "metrics.enabled", proofs.measuring),
  "/metrics/port": effective(
    "servers/runtime/observe/metricsListener.ts",
    "{ port } = loaded.metrics",
    proofs.metricsPort,
  ),
  "/metrics/path": told("metrics.path"),
  "/metrics/sampleInterval": effective(
    "servers/runtime/observe/signOfLife.ts",
    "current().metrics.sampleInterval",
    proofs.samples,
  ),
  // The database keeps samples for so long, whoever records them.
  "/metrics/retentionDays": effective(
    "providers/migrations/retention.ts",
    'system_metrics: "systemMetrics"',
    shared.retention,
  ),
  "/metrics/collectors/system/enabled": chosen,
  "/metrics/collectors/system/interval": effective(collectors, plan, proofs.system),
  "/metrics/collectors/system/metrics": chosen,
  "/metrics/collectors/application/enabled": chosen,
  "/metrics/collectors/application/interval": effective(collectors, plan, proofs.application),
  "/metrics/collectors/application/metrics": chosen,
  "/metrics/collectors/database/enabled": chosen,
  "/metrics/collectors/database/interval": effective(collectors, plan, proofs.database),
  "/metrics/collectors/database/metrics": chosen,
  "/metrics/collectors/business/enabled": chosen,
  "/metrics/collectors/business/interval": effective(collectors, plan, proofs.business),
  "/metrics/collectors/business/metrics": chosen,
  "/metrics/endpoints/prometheus/enabled": told("prometheus.enabled"),
  "/metrics/endpoints/prometheus/path": asSource,
  "/metrics/endpoints/prometheus/format": told("prometheus.format"),
  "/metrics/endpoints/health/enabled": told("health.enabled"),
  "/metrics/endpoints/health/path": told("health.path"),
  "/metrics/endpoints/health/format": told("health.format"),
  "/metrics/endpoints/info/enabled": told("info.enabled"),
  "/metrics/endpoints/info/path": told("info.path"),
  "/metrics/endpoints/info/format": told("info.format"),
  "/metrics/endpoints/metrics/enabled": told("json.enabled"),
  "/metrics/endpoints/metrics/path": told("json.path"),
  "/metrics/endpoints/metrics/format": told("json.format"),
  "/metrics/alerting/enabled": effective(observation, "metrics.alerting.enabled", proofs.alerts),
  "/metrics/alerting/rules": effective(observation, "metrics.alerting.rules", proofs.alerts),
};
