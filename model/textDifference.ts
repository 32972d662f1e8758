import { jsonDifferences, jsonPointer } from "./jsonDifference.ts";

/**
 * The places in which two texts of a file differ, without values: JSON Pointers for JSON, names of variables for
 * `.env`, the first line for everything else. Empty if no place can be named, such as for another order of keys.
 */
export function differingPlaces(path: string, before: string, after: string): string[] {
  if (path.endsWith(".json")) return differingPointers(before, after);
  if (path.endsWith(".env")) return differingVariables(before, after);
  const [old, now] = [before.split("\n"), after.split("\n")];
  const line = old.findIndex((text, index) => text !== now[index]);
  return [`line ${(line < 0 ? old.length : line) + 1}`];
}

function differingPointers(before: string, after: string): string[] {
  try {
    return jsonDifferences(JSON.parse(before), JSON.parse(after)).map(({ parts }) => jsonPointer(parts));
  } catch {
    // What is no JSON any more has no places.
    return [];
  }
}

function differingVariables(before: string, after: string): string[] {
  const [old, now] = [variables(before), variables(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name));
}

/** Name to everything that is said of it, so that a second line of the same name shows. */
function variables(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const name = variableOf(line);
    if (name !== undefined) found.set(name, `${found.get(name) ?? ""}${line}\n`);
  }
  return found;
}

/** The variable that a line of `.env` sets. */
export function variableOf(line: string): string | undefined {
  return /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=/.exec(line)?.[1];
}
