import { closest, distance } from "fastest-levenshtein";
import { serverNames } from "#model/names.ts";
import type { FileFacts } from "./facts.ts";
import { pointerOf, type Place } from "./place.ts";
import type { Deployment } from "./rules/deployment.ts";
import { judge } from "./rules/judge.ts";
import { fileKeys, fileName, type FileKey, type FileValues } from "./schema/files.ts";
import { readDotenv } from "./validateDotenv.ts";
import { checkFile, type CheckedFile } from "./validateFile.ts";
import type { Document, FileCheck, Finding, Where } from "./validateFinding.ts";
import { readJson } from "./validateJson.ts";

/** Texts by file name, and the deployment that they would be used in. */
export interface GivenTexts {
  readonly texts: ReadonlyMap<string, string>;
  readonly facts: FileFacts;
  readonly deployment: Deployment;
}

/**
 * Everything that is wrong with a set of configuration files, whoever wrote them: with their syntax, with each key,
 * and between them. Servers that mcp.json does not name need no file.
 */
export function validateTexts({ texts, facts, deployment }: GivenTexts): Finding[] {
  const documents = new Map<FileKey, Document>();
  for (const key of fileKeys) {
    const text = texts.get(fileName(key));
    if (text !== undefined) documents.set(key, key === "env" ? readDotenv(text) : readJson(text));
  }
  const checked = new Map<FileKey, CheckedFile>();
  for (const [key, { value }] of documents) if (value !== undefined) checked.set(key, checkFile(key, value));
  const enabled = serversIn(checked.get("mcp")?.value);
  const missing = fileKeys.filter(
    (key) =>
      !documents.has(key) && !serverNames.some((name) => name === key && enabled?.includes(name) === false),
  );
  const where = (place: Place): Where => ({
    file: fileName(place.file),
    ...documents.get(place.file)?.spot(place.parts),
    pointer: pointerOf(place),
  });
  const found: Finding[] = [
    ...missing.map((key) => aboutFile("file-missing", fileName(key), "is missing.", "Add it.")),
    ...[...texts.keys()].flatMap((name) => unknownFile(name, missing)),
  ];
  for (const [file, { faults }] of documents) {
    for (const { parts, spot, ...fault } of faults) {
      found.push({
        ...fault,
        file: fileName(file),
        ...spot,
        pointer: pointerOf({ file, parts }),
        related: [],
      });
    }
    for (const { place, ...fault } of checked.get(file)?.faults ?? []) {
      found.push({ ...fault, ...where(place), related: [] });
    }
  }
  const values = Object.fromEntries([...checked].map(([key, { value }]) => [key, value])) as FileValues;
  const unknown = {
    files: [...missing, ...[...documents.keys()].filter((key) => !checked.has(key))],
    places: [...checked.values()].flatMap((file) => file.unknown),
  };
  const running = enabled ?? facts.enabled;
  for (const breach of judge({ values, facts: { ...facts, enabled: running }, deployment, unknown })) {
    const [first, ...others] = breach.places.map(where);
    found.push({
      rule: breach.rule.id,
      ...(first ?? { file: "", pointer: breach.setting ?? "" }),
      problem: breach.problem,
      mend: breach.mend ?? breach.rule.mend,
      related: others,
    });
  }
  return found.toSorted(byPlace);
}

/** A finding about a file as a whole. */
export function aboutFile(rule: FileCheck, file: string, problem: string, mend: string): Finding {
  return { rule, file, pointer: "", problem, mend, related: [] };
}

function unknownFile(name: string, missing: readonly FileKey[]): Finding[] {
  const known = fileKeys.map(fileName);
  if (known.includes(name) || !name.endsWith(".json")) return [];
  const wanted = missing.map(fileName);
  const near = wanted.length === 0 ? undefined : closest(name, wanted);
  const mend =
    near !== undefined && distance(name, near) <= 3
      ? `Did you mean ${near}?`
      : "Remove it, or move it elsewhere.";
  return [aboutFile("file-unknown", name, `is read by nothing; files are ${known.join(", ")}.`, mend)];
}

function serversIn(mcp: unknown) {
  const servers = (mcp as Partial<FileValues["mcp"]> | undefined)?.mcpServers;
  return servers && serverNames.filter((name) => servers[name] !== undefined);
}

/** In the order of the files, then of the lines; what no line says first. */
function byPlace(a: Finding, b: Finding): number {
  const order = fileKeys.map(fileName);
  const files = order.indexOf(a.file) - order.indexOf(b.file);
  return files || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
