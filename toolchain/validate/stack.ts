import fs from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { Faults, type FaultDetails } from "#model/fault.ts";
import { buildFiles } from "#model/files/build.ts";
import { plannedKeys } from "#model/files/effects/effects.ts";
import { fileFacts } from "#model/files/facts.ts";
import { pointerOf, type Place } from "#model/files/place.ts";
import { deploymentOf } from "#model/files/rules/deployment.ts";
import { valueAt } from "#model/files/rules/rule.ts";
import type { RuleFault } from "#model/files/rules/faults.ts";
import { fileName, type FileValues } from "#model/files/schema/files.ts";
import type { Finding } from "#model/files/validateFinding.ts";
import { validateTexts } from "#model/files/validateTexts.ts";
import { parseSettings } from "#settings/parse.ts";
import { readStackFile, type StackFile } from "#settings/readStackFile.ts";
import type { Settings } from "#settings/settings.ts";
import { deliveredTexts } from "./deliveredTexts.ts";
import type { PlannedNotice, Verdict } from "./verdict.ts";

/** A stack's settings as its file has them; findings where they cannot be used. */
export interface JudgedStack {
  readonly settings: Settings | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Settings, files and rules of a stack, from its file alone. What the settings are rendered to is read again and
 * judged as if somebody else had written it.
 */
export function validateStack(root: string, stack: string): Verdict {
  const name = `Pulumi.${stack}.yaml`;
  const subject = `stack ${stack} (${name})`;
  const { settings, findings } = judgeStack(root, stack);
  if (!settings) return { subject, findings, planned: [] };
  const facts = fileFacts(settings, "0");
  const values = buildFiles(facts, settings.files);
  const rendered = validateTexts({
    texts: deliveredTexts(values),
    facts,
    deployment: deploymentOf(settings),
  });
  return { subject, findings: rendered, planned: plannedNotices(settings.files) };
}

/** A stack without a file has the settings that need none. */
export function judgeStack(root: string, stack: string): JudgedStack {
  const name = `Pulumi.${stack}.yaml`;
  const { name: project } = parse(fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as {
    name: string;
  };
  const file = path.join(root, name);
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  if (text === undefined && stack !== "dev") {
    const mend = `pulumi stack init ${stack}, or name another one with --stack`;
    return {
      settings: undefined,
      findings: [
        { rule: "file-missing", file: name, pointer: "", problem: "is missing.", mend, related: [] },
      ],
    };
  }
  const read = readStackFile(text ?? "", project, stack);
  const findings = read.problems.map(({ line, problem }) => ({
    rule: "yaml-syntax",
    file: name,
    line,
    pointer: "",
    problem,
    mend: "Correct the syntax here.",
    related: [],
  }));
  if (!read.raw) return { settings: undefined, findings };
  try {
    return { settings: parseSettings(read.raw), findings: [] };
  } catch (error) {
    if (!(error instanceof Faults)) throw error;
    return { settings: undefined, findings: error.faults.map((fault) => findingOf(fault, name, read)) };
  }
}

/** Planned keys among what was set in files; those are left out that say what is `usual` anyway. */
export function plannedNotices(
  files: Readonly<Record<string, unknown>>,
  usual?: FileValues,
): PlannedNotice[] {
  return plannedKeys(files)
    .filter(({ place }) => !usual || !isUsual(place, files, usual))
    .map(({ place, part }) => ({ file: fileName(place.file), pointer: pointerOf(place), part }));
}

/** Values of `.env` are texts. */
function isUsual(place: Place, files: Readonly<Record<string, unknown>>, usual: FileValues): boolean {
  const [given, meant] = [valueAt(files as unknown as FileValues, place), valueAt(usual, place)];
  return isDeepStrictEqual(given, place.file === "env" ? String(meant) : meant);
}

function findingOf(fault: FaultDetails | RuleFault, file: string, { lineOf }: StackFile): Finding {
  const pointer = fault.where ?? "";
  const places = "places" in fault ? fault.places : [];
  return {
    rule: "rule" in fault ? fault.rule : fault.code,
    file,
    line: lineOf(pointer),
    pointer,
    problem: fault.problem,
    mend: fault.mend,
    related: places.map((place) => ({ file: fileName(place.file), pointer: pointerOf(place) })),
  };
}
