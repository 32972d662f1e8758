import type { createColors } from "picocolors";
import type { Finding, Where } from "#model/files/validateFinding.ts";
import type { PlannedNotice, Verdict } from "./verdict.ts";

/** Keys of one part that are shown to people; programs get all. */
const mostNotices = 5;

type Colors = ReturnType<typeof createColors>;

/** For people: findings by file, each with its place, its rule and what to do. */
export function report({ subject, findings, planned }: Verdict, colors: Colors): string {
  const files = [...new Set(findings.map(({ file }) => file))];
  const blocks = files.map((file) => {
    const own = findings.filter((finding) => finding.file === file);
    return [
      colors.bold(printable(file) || "settings"),
      ...own.flatMap((finding) => lines(finding, colors)),
    ].join("\n");
  });
  if (planned.length > 0)
    blocks.push([colors.bold("accepted, not yet effective"), ...notices(planned)].join("\n"));
  const count = findings.length;
  const verdict =
    count === 0
      ? colors.green(`${subject}: valid`)
      : colors.red(`${subject}: ${String(count)} ${count === 1 ? "fault" : "faults"}`);
  return [...blocks, verdict].join("\n\n");
}

function lines(finding: Finding, colors: Colors): string[] {
  const { rule, line, column, pointer, problem, mend, related } = finding;
  const spot =
    line === undefined ? "" : `${String(line)}${column === undefined ? "" : `:${String(column)}`}  `;
  const also = related.map((where) => `      ${colors.dim(`see ${placeOf(where)}`)}`);
  return [
    `  ${spot}${printable(pointer)}  ${colors.yellow(rule)}`,
    `      ${printable(problem)}`,
    ...also,
    `      → ${printable(mend)}`,
  ];
}

/** By what they wait for; a part that many keys wait for is not listed key by key. */
function notices(planned: readonly PlannedNotice[]): string[] {
  const parts = [...new Set(planned.map(({ part }) => part))];
  return parts.flatMap((part) => {
    const own = planned.filter((notice) => notice.part === part);
    const shown = own.slice(0, mostNotices).map((notice) => `    ${placeOf(notice)}`);
    const more = own.length - shown.length;
    return [`  comes with ${part}:`, ...shown, ...(more > 0 ? [`    … and ${String(more)} more`] : [])];
  });
}

function placeOf({ file, line, pointer }: Pick<Where, "file" | "line" | "pointer">): string {
  return printable(`${file}${line === undefined ? "" : `:${String(line)}`} ${pointer}`.trimEnd());
}

/** Names and values come from files of others: nothing in them may steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    JSON.stringify(character) === `"${character}"`
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      : JSON.stringify(character).slice(1, -1),
  );
}

/** For programs: `{ "ok", "subject", "findings", "planned" }`. */
export function reportJson({ subject, findings, planned }: Verdict): string {
  return JSON.stringify({ ok: findings.length === 0, subject, findings, planned }, null, 2);
}
