import { parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { spotter, type Document, type Spot, type SyntaxFault } from "./validateFinding.ts";

/**
 * A JSON text with the place of each key, and everything in it that is no JSON. Texts with comments or trailing
 * commas have a value all the same, so that what else is wrong can be said.
 */
export function readJson(text: string): Document {
  const spotOf = spotter(text);
  const fault = (offset: number, problem: string, mend: string): SyntaxFault => ({
    rule: "json-syntax",
    parts: [],
    spot: spotOf(offset),
    problem,
    mend,
  });
  const unreadable = (faults: readonly SyntaxFault[]): Document => ({
    value: undefined,
    faults,
    spot: () => spotOf(0),
  });
  if (text.startsWith("\uFEFF")) {
    const mend = "Save it as UTF-8 without a byte order mark.";
    return unreadable([fault(0, "begins with a byte order mark, which JSON parsers refuse.", mend)]);
  }
  if (text.trim() === "") {
    return unreadable([{ ...fault(0, "is empty.", "Write the file anew."), rule: "file-empty" }]);
  }
  try {
    return read(text, spotOf, fault, unreadable);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unreadable([fault(0, "is nested too deeply.", "Write objects and lists less deeply.")]);
  }
}

function read(
  text: string,
  spotOf: (offset: number) => Spot,
  fault: (offset: number, problem: string, mend: string) => SyntaxFault,
  unreadable: (faults: readonly SyntaxFault[]) => Document,
): Document {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const told = distinct(errors).map((error) => ({ error, ...inWords(text, error) }));
  // What comes behind the first real mistake mostly follows from it.
  const serious = told.findIndex(({ harmless }) => harmless !== true);
  const faults = told
    .slice(0, serious === -1 ? undefined : serious + 1)
    .map(({ error, problem, mend }) => fault(error.offset, problem, mend));
  if (tree === undefined || serious !== -1) return unreadable(faults);
  if (faults.length === 0 && !isJson(text)) {
    return unreadable([fault(0, "is no JSON.", "Compare it with https://www.json.org.")]);
  }
  const { value, offsets, duplicates } = walk(tree);
  return {
    value,
    faults: [...faults, ...duplicates.map((duplicate) => duplicateFault(duplicate, spotOf))],
    spot: (parts) => {
      const lengths = parts.map((_, index) => parts.length - index);
      const known = lengths.map((length) => offsets.get(keyOf(parts.slice(0, length))));
      return spotOf(known.find((offset) => offset !== undefined) ?? tree.offset);
    },
  };
}

interface Duplicate {
  readonly parts: readonly string[];
  readonly offset: number;
  readonly first: number;
}

function duplicateFault({ parts, offset, first }: Duplicate, spotOf: (offset: number) => Spot): SyntaxFault {
  const { line } = spotOf(first);
  const problem = `stands twice in this object, first in line ${String(line)}.`;
  return { rule: "json-duplicate-key", parts, spot: spotOf(offset), problem, mend: "Remove one of them." };
}

/** The value (of keys that stand twice the last one, as JSON.parse), and where each key stands. */
function walk(tree: Node) {
  const offsets = new Map<string, number>();
  const duplicates: Duplicate[] = [];
  const visit = (node: Node, parts: readonly string[]): unknown => {
    if (node.type === "array") {
      return (node.children ?? []).map((child, index) => {
        const place = [...parts, String(index)];
        offsets.set(keyOf(place), child.offset);
        return visit(child, place);
      });
    }
    if (node.type !== "object") return node.value as unknown;
    const entries = new Map<string, unknown>();
    for (const property of node.children ?? []) {
      const [name, value] = property.children ?? [];
      if (name === undefined || value === undefined) continue;
      const key = String(name.value);
      const place = [...parts, key];
      const first = offsets.get(keyOf(place));
      if (entries.has(key) && first !== undefined) {
        duplicates.push({ parts: place, offset: property.offset, first });
      }
      offsets.set(keyOf(place), property.offset);
      entries.set(key, visit(value, place));
    }
    return Object.fromEntries(entries);
  };
  return { value: visit(tree, []), offsets, duplicates };
}

function keyOf(parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** One mistake makes several errors at the same place. */
function distinct(errors: readonly ParseError[]): ParseError[] {
  const seen = new Set<number>();
  return errors.filter(({ offset }) => !seen.has(offset) && seen.add(offset));
}

/** An error of the parser in words. Harmless ones leave no doubt about what is meant. */
function inWords(
  text: string,
  { error, offset }: ParseError,
): { problem: string; mend: string; harmless?: true } {
  const name = printParseErrorCode(error);
  if (name === "InvalidCommentToken") {
    return { problem: "is a comment, which JSON does not have.", mend: "Remove it.", harmless: true };
  }
  if (/[}\]]/.test(text[offset] ?? "") && /,\s*$/.test(text.slice(0, offset))) {
    const problem = "follows a comma behind which nothing comes; JSON does not have trailing commas.";
    return { problem, mend: "Remove the comma.", harmless: true };
  }
  const mend = "Correct the syntax here; what comes behind it was not judged.";
  return { problem: syntax[name] ?? "is no JSON.", mend };
}

const syntax: Readonly<Record<string, string>> = {
  InvalidSymbol: "is no value of JSON.",
  InvalidNumberFormat: "is no number of JSON.",
  PropertyNameExpected: "is no key; keys stand in double quotes.",
  ValueExpected: "is no value, and one is due here.",
  ColonExpected: "is no colon, and one is due here.",
  CommaExpected: "is no comma, and one is due here.",
  CloseBraceExpected: "is no closing brace, and one is due here.",
  CloseBracketExpected: "is no closing bracket, and one is due here.",
  EndOfFileExpected: "stands behind the end of the JSON value.",
  UnexpectedEndOfString: "is a text without its closing quotes.",
  UnexpectedEndOfNumber: "is a number that does not end.",
  UnexpectedEndOfComment: "is a comment that does not end.",
  InvalidUnicode: "is no \\u escape of JSON.",
  InvalidEscapeCharacter: "has an escape that JSON does not have.",
  InvalidCharacter: "has a character that must be escaped in JSON.",
};
