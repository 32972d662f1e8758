import type { MetricsConfig } from "#servers/runtime/commonConfig.ts";
import type { Values } from "./values.ts";

export type AlertRule = MetricsConfig["alerting"]["rules"][number];

export interface AlertState {
  readonly alert: string;
  readonly condition: string;
  /** `not collected`: nothing brings the value that the condition names, so nothing is judged. */
  readonly state: "ok" | "firing" | "not collected";
  /** Samples in a row for which the condition held. */
  readonly samples: number;
  /** Of the last sample that had it. */
  readonly value: number | undefined;
}

/** An alert that began or ended. */
export interface AlertChange {
  readonly alert: string;
  readonly condition: string;
  readonly value: number | undefined;
  readonly firing: boolean;
}

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  "==": (value, limit) => value === limit,
  "!=": (value, limit) => value !== limit,
};

interface Judged {
  readonly rule: AlertRule;
  readonly name: string;
  readonly holds: (value: number) => boolean;
  samples: number;
  value: number | undefined;
}

/** Judges the alert rules: one fires when its condition held for `threshold` samples in a row. */
export class Alerts {
  #judged: readonly Judged[] = [];
  #collected: ReadonlySet<string> = new Set();

  /**
   * @param collected names of the values that are collected
   * @returns alerts that ended because their rule is gone or judges something else now
   */
  apply(rules: readonly AlertRule[], collected: ReadonlySet<string>): AlertChange[] {
    const before = this.#judged;
    this.#collected = collected;
    this.#judged = rules.map((rule) => {
      const known = before.find((each) => JSON.stringify(each.rule) === JSON.stringify(rule));
      return known && collected.has(known.name) ? known : judgedOf(rule);
    });
    return before
      .filter((each) => fires(each) && !this.#judged.includes(each))
      .map((each) => changeOf(each, false));
  }

  /** @param values of one round of a collector; what it had and does not have now counts as not holding */
  judge(values: Values, names: ReadonlySet<string>): AlertChange[] {
    return this.#judged
      .filter(({ name }) => names.has(name))
      .flatMap((each) => {
        const fired = fires(each);
        const value = values[each.name];
        each.samples = value !== undefined && each.holds(value) ? each.samples + 1 : 0;
        each.value = value ?? each.value;
        return fires(each) === fired ? [] : [changeOf(each, !fired)];
      });
  }

  get states(): AlertState[] {
    return this.#judged.map((each) => ({
      alert: each.rule.name,
      condition: each.rule.condition,
      state: !this.#collected.has(each.name) ? "not collected" : fires(each) ? "firing" : "ok",
      samples: each.samples,
      value: each.value,
    }));
  }
}

function judgedOf(rule: AlertRule): Judged {
  const [name = "", comparison = "", limit = ""] = rule.condition.split(" ");
  const compare = comparisons[comparison];
  return {
    rule,
    name,
    holds: (value) => compare?.(value, Number(limit)) === true,
    samples: 0,
    value: undefined,
  };
}

function fires({ rule, samples }: Judged): boolean {
  return samples >= rule.threshold;
}

function changeOf({ rule, value }: Judged, firing: boolean): AlertChange {
  return { alert: rule.name, condition: rule.condition, value, firing };
}
