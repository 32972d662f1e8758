import { isDeepStrictEqual } from "node:util";
import { origins } from "#model/files/derived.ts";
import type { Origin } from "#model/files/origin.ts";
import { placeAt, placeText, type Place } from "#model/files/place.ts";
import { valueAt, type Look, type Rule, type Violation } from "./rule.ts";

type Copy = Origin & Required<Pick<Origin, "source" | "value">>;

/** Keys that hold the same fact as another one, perhaps in another unit. */
const copies = origins.filter(
  (origin): origin is Copy =>
    origin.kind === "derived" && origin.source !== undefined && origin.value !== undefined,
);

/** Keys that all follow from the same setting, and so have no source among the files. */
const equals: readonly (readonly [place: Place, source: Place])[] = [
  [placeAt("env", "DATABASE_POOL_SIZE"), placeAt("postgres", "/database/pool/max")],
  [
    placeAt("mcp", "/mcpServers/filesystem/env/KILOCODE_PROJECT_PATH"),
    placeAt("env", "KILOCODE_PROJECT_PATH"),
  ],
  ...(["filesystem", "postgres"] as const).flatMap((server) =>
    (["NODE_ENV", "KILOCODE_ENV"] as const).map(
      (name) =>
        [placeAt("mcp", `/mcpServers/${server}/env/${name}`), placeAt("env", "KILOCODE_ENV")] as const,
    ),
  ),
  [placeAt("logging", "/logging/fields/environment"), placeAt("env", "KILOCODE_ENV")],
];

export const sameFact: Rule = {
  id: "same-fact",
  sentence: "What stands in several files is the same in all of them.",
  reads: [...copies.map(({ place }) => place), ...equals.map(([place]) => place)],
  mend: "Write the same into both; here one setting gives both.",
  each: true,
  deployed: false,
  check: (look) => [
    ...copies.flatMap((copy) => differs(look, copy.place, copy.source, expected(look, copy))),
    ...equals.flatMap(([place, source]) => differs(look, place, source, valueAt(look.values, source))),
  ],
};

/** What a copy must be; undefined if its source is not known. */
function expected({ values, facts }: Look, { source, value }: Copy): unknown {
  if (valueAt(values, source) === undefined) return undefined;
  return value(facts, (place) => valueAt(values, place));
}

function differs({ values }: Look, place: Place, source: Place, meant: unknown): Violation[] {
  const given = valueAt(values, place);
  if (given === undefined || meant === undefined || isDeepStrictEqual(given, meant)) return [];
  const problem = `${shown(given)} contradicts ${placeText(source)}, by which it is ${shown(meant)}.`;
  return [{ places: [place, source], problem }];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
