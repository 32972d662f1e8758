import { z } from "zod";
import {
  days,
  file,
  flag,
  integer,
  key,
  list,
  need,
  oneOf,
  port,
  route,
  seconds,
  section,
  set,
  text,
} from "./fields.ts";

/** What each collector can collect, and the values that an alert's condition can name then. */
export const collectedMetrics = {
  system: {
    cpu: ["cpu_usage"],
    memory: ["memory_usage"],
    disk: ["disk_usage"],
    network: ["network_received", "network_sent"],
  },
  application: {
    requests: ["request_rate"],
    responses: ["response_rate"],
    errors: ["error_rate"],
    latency: ["latency"],
  },
  database: {
    connections: ["database_connections"],
    queries: ["query_rate"],
    slow_queries: ["slow_query_rate"],
    transactions: ["transaction_rate"],
  },
  business: {
    compliance_score: ["compliance_score"],
    active_users: ["active_users"],
    memory_usage: ["memory_items"],
  },
} as const;

type Collector = keyof typeof collectedMetrics;

function collector<C extends Collector>(name: C, interval: number, description: string) {
  const names = Object.keys(collectedMetrics[name]) as (keyof (typeof collectedMetrics)[C] & string)[];
  return section(description, {
    enabled: key(flag(), true, "Whether these are collected."),
    interval: key(seconds(1, 86_400), interval, "How often.", "s"),
    metrics: key(set(oneOf(names), 0, names.length, "metrics"), names as never, "Which."),
  });
}

function endpoint<const F extends string>(description: string, path: string, format: F) {
  return section(description, {
    enabled: key(flag(), true, "Whether it answers."),
    path: key(route(), path, "Its path."),
    format: key(oneOf([format]), format as never, "Form of its answer."),
  });
}

const rule = z
  .strictObject(
    {
      name: text(/^[a-z][a-z0-9_]{0,62}$/, "a name of lower-case letters, digits and _").meta({
        description: "Name of the alert.",
      }),
      condition: text(
        /^[a-z][a-z0-9_]{0,62} (>|>=|<|<=|==|!=) -?\d{1,15}(\.\d{1,6})?$/,
        "a comparison such as cpu_usage > 80",
      ).meta({ description: "A collected value compared with a number." }),
      threshold: integer(1, 10_000).meta({
        description: "Samples in a row for which the condition must hold.",
        unit: "samples",
      }),
      action: oneOf(["alert"]).meta({
        description: "What happens: the alert shows in metric, log and health.",
      }),
    },
    { error: "an object with name, condition, threshold and action" },
  )
  .meta({ description: "An alert." });

/** `/etc/kilocode/mcp/metrics.json` */
export const metricsFile = file("What the servers measure, and where it can be read.", {
  metrics: section("Measuring and telling.", {
    enabled: key(flag(), true, "Whether the servers measure at all."),
    port: key(port(), 9090, "Port inside each container for metrics, health and information."),
    path: key(route(), "/metrics", "Path of the metrics for Prometheus."),
    retentionDays: need(days(1, 3650), "Samples in system_metrics are kept so long.", "days"),
    sampleInterval: key(
      seconds(1, 86_400),
      60,
      "How often samples and a sign of life are recorded in the database.",
      "s",
    ),
    collectors: section("What is measured.", {
      system: collector("system", 10, "The container."),
      application: collector("application", 30, "The calls."),
      database: collector("database", 60, "PostgreSQL, as the server sees it."),
      business: collector("business", 300, "What the servers are for."),
    }),
    endpoints: section("Where it is told.", {
      prometheus: endpoint("Metrics for Prometheus.", "/metrics", "prometheus"),
      health: endpoint("Whether the server lives and is ready.", "/health", "json"),
      info: endpoint("What the server is.", "/info", "json"),
      metrics: endpoint("Metrics as JSON.", "/api/v1/metrics", "json"),
    }),
    alerting: section("When somebody should look.", {
      enabled: key(flag(), true, "Whether alerts are judged."),
      rules: key(
        list(rule, 100, "alerts"),
        [
          { name: "high_cpu_usage", condition: "cpu_usage > 80", threshold: 5, action: "alert" },
          { name: "high_memory_usage", condition: "memory_usage > 85", threshold: 3, action: "alert" },
          { name: "high_error_rate", condition: "error_rate > 5", threshold: 10, action: "alert" },
        ],
        "The alerts. cpu_usage, memory_usage, disk_usage and error_rate are per cent.",
      ),
    }),
  }),
});

export type MetricsFile = z.output<typeof metricsFile>;
