import fs from "node:fs";
import path from "node:path";
import { fileFacts } from "#model/files/facts.ts";
import { deploymentOf } from "#model/files/rules/deployment.ts";
import { fileKeys, fileName } from "#model/files/schema/files.ts";
import { readDotenv } from "#model/files/validateDotenv.ts";
import type { Finding } from "#model/files/validateFinding.ts";
import { readJson } from "#model/files/validateJson.ts";
import { aboutFile, validateTexts } from "#model/files/validateTexts.ts";
import type { Settings } from "#settings/settings.ts";
import { buildFiles } from "#model/files/build.ts";
import { plannedNotices } from "./stack.ts";
import type { Verdict } from "./verdict.ts";

/** No configuration file is larger; a larger one would only take memory. */
const largest = 4 * 1024 ** 2;

/** A folder of files that somebody else wrote, judged as if the stack with these settings used them. */
export function validateFolder(folder: string, settings: Settings): Verdict {
  const subject = `folder ${folder}`;
  const { texts, findings } = readFolder(folder);
  if (texts.size === 0) return { subject, findings, planned: [] };
  const facts = fileFacts(settings, "0");
  const unreadable = new Set(findings.map(({ file }) => file));
  const judged = validateTexts({ texts, facts, deployment: deploymentOf(settings) });
  return {
    subject,
    findings: [
      ...findings,
      ...judged.filter(({ rule, file }) => rule !== "file-missing" || !unreadable.has(file)),
    ],
    planned: plannedNotices(contentsOf(texts), buildFiles(facts)),
  };
}

function readFolder(folder: string): { texts: Map<string, string>; findings: Finding[] } {
  const texts = new Map<string, string>();
  const findings: Finding[] = [];
  const refuse = (name: string, problem: string, mend: string) =>
    findings.push(aboutFile("file-unreadable", name, problem, mend));
  let entries: string[];
  try {
    entries = fs.readdirSync(folder).filter((name) => name === ".env" || name.endsWith(".json"));
  } catch (error) {
    refuse(
      folder,
      `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}.`,
      "Name a folder.",
    );
    return { texts, findings };
  }
  if (entries.length === 0) {
    const mend = `Put the files there: ${fileKeys.map(fileName).join(", ")}.`;
    findings.push(aboutFile("folder-empty", folder, "has no configuration file in it.", mend));
  }
  for (const name of entries.sort()) {
    const text = readText(path.join(folder, name));
    if (typeof text === "string") texts.set(name, text);
    else refuse(name, text.problem, text.mend);
  }
  return { texts, findings };
}

/** Never opens what is no regular file: a pipe would wait for ever. */
function readText(file: string): string | { problem: string; mend: string } {
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile()) return { problem: "is no regular file.", mend: "Replace it by a file." };
    if (stat.size > largest) return { problem: "is larger than 4MB.", mend: "Replace it by the right file." };
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(fs.readFileSync(file));
  } catch (error) {
    if (error instanceof TypeError) return { problem: "is not in UTF-8.", mend: "Save it as UTF-8." };
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return { problem: `cannot be read: ${code}.`, mend: "Make it readable." };
  }
}

function contentsOf(texts: ReadonlyMap<string, string>): Record<string, unknown> {
  const known = fileKeys.filter((key) => texts.has(fileName(key)));
  const read = (key: (typeof fileKeys)[number]) => {
    const text = texts.get(fileName(key)) ?? "";
    return (key === "env" ? readDotenv(text) : readJson(text)).value ?? {};
  };
  return Object.fromEntries(known.map((key) => [key, read(key)]));
}
