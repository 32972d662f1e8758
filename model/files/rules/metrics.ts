import { placeAt } from "#model/files/place.ts";
import { collectedMetrics } from "#model/files/schema/metrics.ts";
import { at, rule, type Rule, type Violation } from "./rule.ts";

const alerts = "/metrics/alerting/rules";
const endpoints = ["prometheus", "health", "info", "metrics"] as const;

type Collector = keyof typeof collectedMetrics;

export const metricRules: readonly Rule[] = [
  rule(
    "alert-metrics",
    {
      sentence: "Conditions of alerts name values that are collected.",
      mend: "Name a collected value, or collect that one: its collector enabled and the metric in its list.",
    },
    at("metrics", "/metrics/enabled", "/metrics/collectors", "/metrics/alerting"),
    ({ values: { metrics } }) => {
      const { alerting, collectors, enabled } = metrics.metrics;
      if (!enabled || !alerting.enabled) return [];
      const collected = (Object.keys(collectedMetrics) as Collector[])
        .filter((name) => collectors[name].enabled)
        .flatMap((name) => {
          const of = collectedMetrics[name] as Readonly<Record<string, readonly string[]>>;
          return collectors[name].metrics.flatMap((metric) => of[metric] ?? []);
        });
      return alerting.rules.flatMap((each, index): Violation[] => {
        const [named = ""] = each.condition.split(" ", 1);
        if (collected.includes(named)) return [];
        const places = at("metrics", `${alerts}/${String(index)}/condition`, ...collectorOf(named));
        const problem = `${named} is not collected; collected are ${collected.join(", ")}.`;
        return [{ places, problem }];
      });
    },
  ),
  rule(
    "alert-names",
    {
      sentence: "Every alert has a name of its own.",
      mend: "Rename one of them.",
    },
    at("metrics", alerts),
    ({ values: { metrics } }) => {
      const names = metrics.metrics.alerting.rules.map(({ name }) => name);
      return names.flatMap((name, index): Violation[] => {
        const first = names.indexOf(name);
        if (first === index) return [];
        const places = [index, first].map((item) => placeAt("metrics", `${alerts}/${String(item)}/name`));
        return [{ places, problem: `${name} is the name of another alert, too.` }];
      });
    },
  ),
  rule(
    "endpoint-paths",
    {
      sentence: "Every endpoint that answers has a path of its own.",
      mend: "Give each a path of its own, none of them /mcp.",
    },
    at("metrics", "/metrics/endpoints"),
    ({ values: { metrics } }) => {
      const seen = new Map<string, string>([["/mcp", "the MCP server itself"]]);
      return endpoints.flatMap((name): Violation[] => {
        const { enabled, path } = metrics.metrics.endpoints[name];
        const other = seen.get(path);
        if (enabled) seen.set(path, other ?? name);
        if (!enabled || other === undefined) return [];
        const place = placeAt("metrics", `/metrics/endpoints/${name}/path`);
        return [{ places: [place], problem: `${path} is the path of ${other}, too.` }];
      });
    },
  ),
];

/** Keys of the collector that could collect a value. */
function collectorOf(value: string): string[] {
  const name = (Object.keys(collectedMetrics) as Collector[]).find((each) =>
    Object.values<readonly string[]>(collectedMetrics[each]).some((values) => values.includes(value)),
  );
  const collector = `/metrics/collectors/${name ?? ""}`;
  return name === undefined ? [] : [`${collector}/enabled`, `${collector}/metrics`];
}
