import type { Place } from "#model/files/place.ts";
import { at, eachKey, rule, valueAt, type Rule, type Verdict } from "./rule.ts";

const rules = "/access/authorization/resourceBased/rules";

/** Two spans of which the first must not be longer than the second, with what that would mean. */
interface Pair {
  readonly shorter: Place;
  readonly longer: Place;
  /** What one of `longer` is, in units of `shorter`; default 1. */
  readonly factor?: number;
  readonly otherwise: string;
}

function pair(shorter: Place[], longer: Place[], otherwise: string, factor = 1): Pair {
  return { shorter: shorter[0]!, longer: longer[0]!, otherwise, factor };
}

const day = 86_400;

const pairs: readonly Pair[] = [
  pair(
    at("compliance", "/compliance/checkTimeout"),
    at("compliance", "/compliance/checkInterval"),
    "checks would pile up",
    1000,
  ),
  ...(["system", "application", "database", "business"] as const).map((name) =>
    pair(
      at("metrics", `/metrics/collectors/${name}/interval`),
      at("metrics", "/metrics/retentionDays"),
      "values would be gone before the next ones come",
      day,
    ),
  ),
  pair(
    at("metrics", "/metrics/sampleInterval"),
    at("metrics", "/metrics/retentionDays"),
    "samples would be gone before the next ones come",
    day,
  ),
  pair(
    at("memory", "/database/cleanupInterval"),
    at("memory", "/memory/retentionDays"),
    "expired memories would outlast their time again",
    day,
  ),
  pair(
    at("memory", "/database/backupInterval"),
    at("memory", "/database/backupRetention"),
    "there would be times without any export",
    day,
  ),
];

export const scheduleRules: readonly Rule[] = [
  rule(
    "intervals",
    {
      sentence:
        "What is done at intervals is done before it is due again, and before its results are removed.",
      mend: "Shorten the first or lengthen the second.",
    },
    pairs.flatMap(({ shorter, longer }) => [shorter, longer]),
    ({ values }) =>
      pairs.flatMap(({ shorter, longer, factor = 1, otherwise }) => {
        const [short, long] = [valueAt(values, shorter), valueAt(values, longer)];
        if (typeof short !== "number" || typeof long !== "number" || short <= long * factor) return [];
        const name = longer.parts.at(-1) ?? "";
        const problem = `${String(short)} is longer than ${name}, which is ${String(long)}${factor === 1 ? "" : ` (${String(long * factor)} in the same unit)`}: ${otherwise}.`;
        return [{ places: [shorter, longer], problem }];
      }),
  ),
  eachKey(
    "cron",
    {
      sentence: "Schedules are cron expressions that come true at some time, in UTC.",
      mend: "Write five fields: minute, hour, day of month, month, day of week.",
    },
    at("env", "BACKUP_SCHEDULE"),
    (value) => cronProblem(String(value)),
  ),
  eachKey(
    "time-windows",
    {
      sentence: "Hours at which calls are allowed have a length and a time zone.",
      mend: "Write hours such as 09:00-17:00 and a zone such as Europe/Berlin.",
    },
    at("access", rules),
    (value) =>
      (value as readonly { readonly conditions: Partial<Conditions> }[]).flatMap(({ conditions }, index) =>
        windowVerdicts(conditions, String(index)),
      ),
  ),
];

interface Conditions {
  readonly time: readonly string[];
  readonly timeZone: string;
}

function windowVerdicts({ time = [], timeZone }: Partial<Conditions>, index: string): Verdict[] {
  const windows = time.flatMap((hours, item): Verdict[] => {
    const [from = "", to = ""] = hours.split("-");
    const inside = [index, "conditions", "time", String(item)];
    if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(from) || !/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(to))
      return [{ inside, problem: `${hours} are no hours.` }];
    return from === to ? [{ inside, problem: `${hours} is a span without length.` }] : [];
  });
  if (time.length === 0 || isZone(timeZone)) return windows;
  const problem = `${timeZone ?? "nothing"} is no time zone in which the hours can be read.`;
  return [...windows, { inside: [index, "conditions", "timeZone"], problem }];
}

function isZone(name: string | undefined): boolean {
  if (name === undefined || name === "") return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const fields = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day of month", 1, 31],
  ["month", 1, 12],
  ["day of week", 0, 7],
] as const;

const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function cronProblem(text: string): string | undefined {
  const parts = text.split(" ");
  if (parts.length !== fields.length) return `${text} has ${String(parts.length)} fields, not five.`;
  const sets = fields.map(([, low, high], index) => cronSet(parts[index] ?? "", low, high));
  const bad = sets.findIndex((set) => set === undefined);
  if (bad !== -1) {
    const [name, low, high] = fields[bad]!;
    return `${parts[bad] ?? ""} is no ${name} of cron, which goes from ${String(low)} to ${String(high)}.`;
  }
  // A day of week beside a day of month is an alternative to it, so such a schedule always comes true.
  const [days, months] = [sets[2]!, sets[3]!];
  if (parts[4] !== "*" || months.some((month) => days[0]! <= longestMonths[month - 1]!)) return undefined;
  return `${text} names a day that none of its months has.`;
}

/** The numbers of a field in order; undefined for what is no field of cron. */
function cronSet(field: string, low: number, high: number): number[] | undefined {
  const numbers = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (!match) return undefined;
    const [, first, last, every = "1"] = match;
    const from = first === undefined ? low : Number(first);
    const to = last !== undefined ? Number(last) : first === undefined || match[3] ? high : from;
    if (from < low || to > high || from > to || Number(every) < 1) return undefined;
    for (let number = from; number <= to; number += Number(every)) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}
