import { asSource, each, effective, planned, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";

const coming = planned(parts.metrics);
const collector = ["enabled", "interval", "metrics"];
const endpoint = ["enabled", "path", "format"];

/** `metrics.json` */
export const metricsEffects: Effects = {
  ...each(coming, ["enabled", "port", "path", "sampleInterval"], "/metrics/"),
  // The database keeps samples for so long, whoever records them.
  "/metrics/retentionDays": effective(
    "providers/migrations/retention.ts",
    'system_metrics: "systemMetrics"',
    proofs.retention,
  ),
  ...each(coming, collector, "/metrics/collectors/system/"),
  ...each(coming, collector, "/metrics/collectors/application/"),
  ...each(coming, collector, "/metrics/collectors/database/"),
  ...each(coming, collector, "/metrics/collectors/business/"),
  ...each(coming, endpoint, "/metrics/endpoints/prometheus/"),
  "/metrics/endpoints/prometheus/path": asSource,
  ...each(coming, endpoint, "/metrics/endpoints/health/"),
  ...each(coming, endpoint, "/metrics/endpoints/info/"),
  ...each(coming, endpoint, "/metrics/endpoints/metrics/"),
  ...each(coming, ["enabled", "rules"], "/metrics/alerting/"),
};
