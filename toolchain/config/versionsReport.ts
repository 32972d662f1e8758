import { basename } from "node:path";
import type { createColors } from "picocolors";
import { Fault } from "#model/fault.ts";
import { jsonDifferences, jsonPointer } from "#model/jsonDifference.ts";
import type { FileVersion } from "#providers/history/versions.ts";
import { fileKeyOf, wayBack } from "./wayBack.ts";

type Colors = ReturnType<typeof createColors>;

/** A line for each version, newest first. */
export function historyTable(versions: readonly FileVersion[], colors: Colors): string {
  const inForce = versions.at(-1);
  const lines = versions.toReversed().map((entry) => {
    const { version, change, changedAt, changedBy, checksum } = entry;
    const state = change === "deleted" ? "deleted" : entry === inForce ? "in force" : "";
    const columns = [
      String(version).padStart(3),
      timeOf(changedAt),
      checksum.slice(0, 12),
      changedBy.padEnd(14),
    ];
    return `${columns.join("  ")}  ${colors.green(state)}`.trimEnd();
  });
  return [colors.bold(versions[0]?.path ?? ""), "ver  time (UTC)           SHA-256       by", ...lines].join(
    "\n",
  );
}

function timeOf(time: Date): string {
  return time
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

export interface ChosenVersions {
  readonly older: FileVersion;
  readonly newer: FileVersion;
}

/**
 * Two versions to compare: as asked for; by default the last one and the one before.
 *
 * @throws Fault CONFIG_VERSION
 */
export function chooseVersions(versions: readonly FileVersion[], asked: readonly string[]): ChosenVersions {
  const written = versions.filter(({ change }) => change === "written");
  const pick = (text: string) => {
    const found = written.find(({ version }) => String(version) === text);
    if (found) return found;
    const known = written.map(({ version }) => version).join(", ");
    throw noVersion(versions, `there is no version ${JSON.stringify(text)}; there are ${known}`);
  };
  const [older, newer] = asked.map(pick);
  const last = newer ?? written.at(-1);
  const before = older ?? written.at(-2);
  if (!last || !before) throw noVersion(versions, "there is one version only");
  return { older: before, newer: last };
}

function noVersion(versions: readonly FileVersion[], problem: string): Fault {
  const name = basename(versions[0]?.path ?? "");
  return new Fault({
    code: "CONFIG_VERSION",
    where: name,
    problem,
    mend: `npm run config -- history ${name}`,
  });
}

/** What differs between two versions, and how the values of the older one come back. */
export function differenceReport(
  stack: string,
  { older, newer }: ChosenVersions,
  inForce: FileVersion,
  colors: Colors,
): string {
  const name = basename(older.path);
  const title = `${name}: version ${older.version} (${timeOf(older.changedAt)}) → version ${newer.version} (${timeOf(newer.changedAt)})`;
  const lines = differences(name, older.content ?? "", newer.content ?? "", colors);
  return [
    colors.bold(title),
    ...(lines.length > 0 ? lines : ["no difference"]),
    ...back(stack, name, older, inForce),
  ].join("\n");
}

function differences(name: string, before: string, after: string, colors: Colors): string[] {
  if (!name.endsWith(".json")) return lineDifferences(before, after, colors);
  return jsonDifferences(JSON.parse(before), JSON.parse(after)).map((difference) => {
    const at = jsonPointer(difference.parts);
    const was = JSON.stringify(difference.before);
    const is = JSON.stringify(difference.after);
    if (!("before" in difference)) return colors.green(`+ ${at}  ${is}`);
    if (!("after" in difference)) return colors.red(`- ${at}  ${was}`);
    return `~ ${at}  ${colors.red(was)} → ${colors.green(is)}`;
  });
}

/** Lines that only one side has; the files of this project have no line twice that matters. */
function lineDifferences(before: string, after: string, colors: Colors): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => colors.red(`- ${line}`)),
    ...now.filter((line) => !old.includes(line)).map((line) => colors.green(`+ ${line}`)),
  ];
}

function back(stack: string, name: string, older: FileVersion, inForce: FileVersion): string[] {
  if (older === inForce) return [];
  const title = `\nTo bring the values of version ${older.version} back:`;
  const file = fileKeyOf(name);
  if (file === undefined) return [title, "  change `postgres.*` of the stack, from which the file follows"];
  const { commands, remarks } = wayBack(stack, file, inForce.content ?? "", older.content ?? "");
  if (commands.length + remarks.length === 0) return [];
  const then = commands.length === 0 ? [] : [`  npm run up -- --stack ${stack}`];
  return [title, ...commands.map((line) => `  ${line}`), ...then, ...remarks.map((line) => `  # ${line}`)];
}
