import type { Expectation } from "#model/compliance/expectation.ts";

/** Undefined: the value is as expected; else what is wrong with it. `unjudged`: it is no value to judge so. */
export type Verdict =
  | { readonly holds: true }
  | { readonly holds: false; readonly problem: string }
  | { readonly unjudged: string };

const dayMilliseconds = 86_400_000;
const mostShown = 5;

type Judge<N extends Expectation["operator"]> = (
  value: unknown,
  expect: Extract<Expectation, { operator: N }>,
  now: number,
) => Verdict;

const judges: { readonly [N in Expectation["operator"]]: Judge<N> } = {
  equals: (value, { value: wanted }) =>
    verdict(same(value, wanted), `is ${shown(value)}, not ${shown(wanted)}`),
  differs: (value, { value: other }) => verdict(!same(value, other), `is ${shown(value)}`),
  "one-of": (value, { value: allowed }) =>
    verdict(
      allowed.some((each) => same(value, each)),
      `is ${shown(value)}; allowed is ${allowed.map(shown).join(", ")}`,
    ),
  "at-least": compareNumber,
  "at-most": compareNumber,
  contains: (value, expect) => contains(value, expect.value),
  excludes: (value, expect) => excludes(value, expect.value),
  within: (value, expect) => within(value, expect.value),
  "modes-within": modesWithin,
  "days-ahead": compareTime,
  "days-past": compareTime,
};

/** Judges a value that a report, a fact or a setting has. */
export function judge(value: unknown, expect: Expectation, now: number = Date.now()): Verdict {
  if (value === undefined) return { unjudged: "there is no such value" };
  return (judges[expect.operator] as Judge<Expectation["operator"]>)(value, expect, now);
}

function verdict(holds: boolean, problem: string): Verdict {
  return holds ? { holds } : { holds, problem };
}

/** Settings are text: `100` and 100 are the same. */
function same(value: unknown, expected: string | number | boolean): boolean {
  return value === expected || (typeof value === "string" && value === String(expected));
}

function compareNumber(
  value: unknown,
  { operator, value: bound }: Extract<Expectation, { operator: "at-least" | "at-most" }>,
): Verdict {
  const words = `${operator.replace("-", " ")} ${bound}`;
  // In a report null is a limit that is not there.
  if (value === null) return verdict(false, `has no limit; expected is ${words}`);
  const number = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== "number") return { unjudged: `${shown(value)} is no number` };
  return verdict(
    operator === "at-least" ? number >= bound : number <= bound,
    `is ${number}; expected is ${words}`,
  );
}

function contains(value: unknown, parts: readonly string[]): Verdict {
  const has =
    typeof value === "string"
      ? (part: string) => value.includes(part)
      : isTexts(value)
        ? (part: string) => value.includes(part)
        : undefined;
  if (!has) return { unjudged: `${shown(value)} is neither text nor a list of texts` };
  const missing = parts.filter((part) => !has(part));
  return verdict(missing.length === 0, `lacks ${missing.map(shown).join(", ")}`);
}

function excludes(value: unknown, parts: readonly string[]): Verdict {
  const texts = typeof value === "string" ? [value] : value;
  if (!isTexts(texts)) return { unjudged: `${shown(value)} is neither text nor a list of texts` };
  const upper = parts.map((part) => part.toUpperCase());
  const found = texts.filter((text) => upper.some((part) => text.toUpperCase().includes(part)));
  return verdict(found.length === 0, `has ${list(found)}`);
}

function within(value: unknown, folders: readonly string[]): Verdict {
  if (!isTexts(value)) return { unjudged: `${shown(value)} is no list of paths` };
  const outside = value.filter((path) => !folders.some((folder) => isBelow(path, folder)));
  return verdict(outside.length === 0, `has ${list(outside)}`);
}

interface FileMode {
  readonly path: string;
  readonly mode: string;
}

function modesWithin(value: unknown, expect: Extract<Expectation, { operator: "modes-within" }>): Verdict {
  if (!isModes(value)) return { unjudged: `${shown(value)} is no list of files with modes` };
  const { below, except = [] } = expect;
  const files = value.filter(
    ({ path }) => (below === undefined || isBelow(path, below)) && !except.includes(path),
  );
  if (files.length === 0)
    return { unjudged: `no file${below === undefined ? "" : ` below ${below}`} is reported` };
  const most = Number.parseInt(expect.value, 8);
  const open = files.filter(({ mode }) => (Number.parseInt(mode, 8) & ~most) !== 0);
  return verdict(open.length === 0, `has ${list(open.map(({ path, mode }) => `${path} with mode ${mode}`))}`);
}

function compareTime(
  value: unknown,
  { operator, value: days }: Extract<Expectation, { operator: "days-ahead" | "days-past" }>,
  now: number,
): Verdict {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) return { unjudged: `${shown(value)} is no time` };
  const ahead = (time - now) / dayMilliseconds;
  return operator === "days-ahead"
    ? verdict(ahead >= days, `is ${ahead.toFixed(1)} days ahead; expected is at least ${days}`)
    : verdict(-ahead <= days, `is ${(-ahead).toFixed(1)} days past; expected is at most ${days}`);
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isModes(value: unknown): value is FileMode[] {
  return (
    Array.isArray(value) &&
    value.every((item: unknown) => {
      const { path, mode } = (item ?? {}) as Partial<FileMode>;
      return typeof path === "string" && typeof mode === "string" && /^[0-7]{4}$/.test(mode);
    })
  );
}

function list(texts: readonly string[]): string {
  const more = texts.length > mostShown ? ` and ${texts.length - mostShown} more` : "";
  return texts.slice(0, mostShown).join(", ") + more;
}

/** Short, whatever it is. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
