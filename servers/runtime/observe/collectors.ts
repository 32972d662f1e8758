import type { MetricsConfig } from "#servers/runtime/commonConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { CallMeter } from "./callMeter.ts";
import type { DatabaseActivity } from "./databaseActivity.ts";
import { activityCounts, activityRates, callRates } from "./rates.ts";
import { SystemCollector } from "./systemCollector.ts";
import { collectorNames, valuesOf } from "./values.ts";
import type { CollectorName, Values } from "./values.ts";

/** A value as it was collected last. */
export interface Collected {
  readonly value: number;
  readonly at: Date;
}

export interface CollectorOptions {
  readonly state: string;
  readonly meter: CallMeter;
  readonly activity: DatabaseActivity;
  /** What only the server itself knows. */
  readonly measure: () => Promise<Values>;
  readonly log: Log;
  /** Called after each round of a collector. */
  readonly sampled: (collector: CollectorName, values: Values) => void;
}

/** Runs the collectors, each at its own interval, and keeps the latest values. */
export class Collectors {
  readonly #options: CollectorOptions;
  readonly #system: SystemCollector;
  readonly #latest = new Map<string, Collected>();
  readonly #timers = new Map<CollectorName, NodeJS.Timeout>();
  readonly #since = new Map<CollectorName, number>();
  #activity: ReturnType<typeof activityCounts>;
  #applied = "";
  #round = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#system = new SystemCollector(options.state);
    this.#activity = activityCounts(options.activity);
  }

  get latest(): ReadonlyMap<string, Collected> {
    return this.#latest;
  }

  /** Measures from now on as the configuration says; other settings begin a new span. */
  apply(metrics: MetricsConfig): void {
    const wanted = JSON.stringify([metrics.enabled, metrics.collectors]);
    if (wanted === this.#applied) return;
    this.end();
    this.#applied = wanted;
    this.#latest.clear();
    if (!metrics.enabled) return;
    this.#round += 1;
    void this.#system.start();
    this.#options.meter.take();
    this.#options.meter.takeClients();
    this.#activity = activityCounts(this.#options.activity);
    for (const name of collectorNames) {
      const { enabled, interval, metrics: chosen } = metrics.collectors[name];
      if (!enabled) continue;
      this.#since.set(name, performance.now());
      this.#later(name, { interval, names: valuesOf(name, chosen), round: this.#round });
    }
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#round += 1;
  }

  #later(name: CollectorName, plan: { interval: number; names: readonly string[]; round: number }): void {
    const look = async (): Promise<void> => {
      const values = await this.#collect(name);
      if (plan.round !== this.#round) return;
      const chosen = Object.fromEntries(Object.entries(values).filter(([key]) => plan.names.includes(key)));
      const at = new Date();
      for (const [key, value] of Object.entries(chosen)) this.#latest.set(key, { value, at });
      this.#options.sampled(name, chosen);
      this.#later(name, plan);
    };
    this.#timers.set(name, setTimeout(() => void look(), plan.interval * 1000).unref());
  }

  async #collect(name: CollectorName): Promise<Values> {
    const now = performance.now();
    const seconds = (now - (this.#since.get(name) ?? now)) / 1000;
    this.#since.set(name, now);
    if (name === "system") return this.#system.collect();
    if (name === "application") return callRates(this.#options.meter.take(), seconds);
    if (name === "business")
      return { active_users: this.#options.meter.takeClients(), ...(await this.#own()) };
    const rates = activityRates(this.#activity, this.#options.activity, seconds);
    this.#activity = activityCounts(this.#options.activity);
    return rates;
  }

  /** What the server itself knows; nothing of it while it cannot say, for example without a database. */
  async #own(): Promise<Values> {
    try {
      return await this.#options.measure();
    } catch (error) {
      this.#options.log.debug({ err: error }, "not measured");
      return {};
    }
  }
}
