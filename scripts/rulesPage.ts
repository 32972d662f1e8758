import { placeText } from "#model/files/place.ts";
import type { Rule } from "#model/files/rules/rule.ts";
import { rules } from "#model/files/rules/table.ts";
import { fileChecks } from "#model/files/validateFinding.ts";

/** Keys of a rule that are named one by one. */
const mostKeys = 6;

/** docs/rules.md: every check of a file and every rule across files. */
export function rulesPage(): string {
  const checks = Object.entries(fileChecks).map(([id, sentence]) => `| \`${id}\` | ${sentence} |`);
  const rows = rules.map((rule) => `| \`${rule.id}\` | ${rule.sentence} | ${keysOf(rule)} | ${rule.mend} |`);
  return [
    "# Rules",
    "",
    "What `npm run validate` checks. `up` and `preview` are refused while a rule is broken (`FILES_RULE`).",
    "Generated from `model/files/rules/` and `model/files/validateFinding.ts` by `npm run check`.",
    "",
    "## Between files",
    "",
    "A rule is judged when the keys that it reads are well-formed; where they are not, that is said first.",
    "",
    "| rule | what holds | reads | what mends it |",
    "|---|---|---|---|",
    ...rows,
    "",
    "## In one file",
    "",
    "Types, bounds and names of keys are those of the schemas in `schemas/`.",
    "",
    "| check | what holds |",
    "|---|---|",
    ...checks,
    "",
  ].join("\n");
}

function keysOf({ reads, deployed }: Rule): string {
  const shown = reads.slice(0, mostKeys).map((place) => `\`${placeText(place)}\``);
  const more = reads.length > mostKeys ? [`${String(reads.length - mostKeys)} more`] : [];
  const settings = deployed ? ["the stack's settings"] : [];
  return [...shown, ...more, ...settings].join(", ");
}
