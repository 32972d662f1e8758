import { LineCounter, isNode, parseDocument, visit } from "yaml";
import type { Document } from "yaml";
import { ruleFile } from "#model/compliance/ruleFile.ts";
import type { ComplianceRule } from "#model/compliance/ruleFile.ts";

/** Why a file of rules is not in force. */
export interface RuleFault {
  /** Its name in the folder. */
  readonly file: string;
  /** 1 is the first; null where no line is at fault. */
  readonly line: number | null;
  /** JSON Pointer; empty for the whole file. */
  readonly pointer: string;
  readonly problem: string;
}

export interface ParsedRules {
  /** None if there is any fault. */
  readonly rules: readonly ComplianceRule[];
  readonly faults: readonly RuleFault[];
}

/** Most faults that are told of one file. */
const mostFaults = 20;
const mostLevels = 32;
/** Blanks before a line. */
const mostIndent = 200;
/** Names that mean something to JavaScript's objects. */
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);

/**
 * The rules of one file: YAML 1.2 without tags, anchors and aliases, in the form of
 * `schemas/compliance-rule.schema.json`.
 */
export function parseRuleFile(file: string, text: string): ParsedRules {
  const lines = new LineCounter();
  const fault = (offset: number | undefined, pointer: string, problem: string): RuleFault => ({
    file,
    line: offset === undefined ? null : lines.linePos(offset).line,
    pointer,
    problem,
  });
  // The parser's time grows with the square of the depth.
  if (isDeep(text)) return { rules: [], faults: [fault(undefined, "", "is nested too deeply")] };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      schema: "core",
      version: "1.2",
      merge: false,
      stringKeys: true,
      prettyErrors: false,
      logLevel: "error",
    });
    const faults = [
      ...[...document.errors, ...document.warnings].map(({ pos, message }) =>
        fault(pos[0], "", firstLine(message)),
      ),
      ...forbidden(document).map(({ offset, problem }) => fault(offset, "", problem)),
    ];
    if (faults.length > 0) return { rules: [], faults: faults.slice(0, mostFaults) };
    const result = ruleFile.safeParse(document.toJS({ maxAliasCount: 0 }));
    if (result.success) return { rules: result.data.rules, faults: [] };
    const told = result.error.issues.slice(0, mostFaults).map((issue) => {
      const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
      const problem =
        issue.code === "unrecognized_keys"
          ? `has no key ${issue.keys.slice(0, 5).map(shown).join(", ")}`
          : issue.message;
      return fault(offsetOf(document, path), pointerOf(path), problem);
    });
    return { rules: [], faults: told };
  } catch (error) {
    // The parser calls itself for each level.
    const problem = error instanceof RangeError ? "is nested too deeply" : "is no YAML that can be read";
    return { rules: [], faults: [fault(undefined, "", problem)] };
  }
}

function forbidden(document: Document.Parsed): { offset: number | undefined; problem: string }[] {
  const found: { offset: number | undefined; problem: string }[] = [];
  visit(document, {
    Alias: (_, node) => void found.push({ offset: node.range?.[0], problem: "aliases are not allowed" }),
    Pair(_, { key }) {
      const name = isNode(key) ? (key.toJSON() as unknown) : key;
      if (typeof name === "string" && forbiddenKeys.has(name))
        found.push({
          offset: isNode(key) ? key.range?.[0] : undefined,
          problem: `the key ${name} is not allowed`,
        });
    },
    Node: (_, node) => {
      const { anchor, tag } = node as { anchor?: string; tag?: string };
      if (anchor !== undefined) found.push({ offset: node.range?.[0], problem: "anchors are not allowed" });
      if (tag !== undefined && !tag.startsWith("tag:yaml.org,2002:"))
        found.push({ offset: node.range?.[0], problem: "tags are not allowed" });
    },
  });
  return found;
}

/** Whether brackets, or dashes of one line, are nested deeper than any rule needs. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
    if (depth > mostLevels) return true;
  }
  return new RegExp(`(?:[-?:] +){${mostLevels}}|^ {${mostIndent}}`, "m").test(text);
}

/** Where the value at a path begins; of the nearest one around it if it is missing. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 300);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}
