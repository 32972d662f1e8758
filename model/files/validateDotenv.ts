import type { Document, Spot, SyntaxFault } from "./validateFinding.ts";

/**
 * The variables of a dotenv text with the line of each, and every line that bash's `source` and dotenv parsers
 * would read differently. Of such a line the value that was probably meant is taken, so that it can be judged.
 */
export function readDotenv(text: string): Document {
  const variables = new Map<string, { readonly value: string; readonly line: number }>();
  const faults: SyntaxFault[] = [];
  const start: Spot = { line: 1, column: 1 };
  if (text.trim() === "") {
    const problem = "is empty.";
    faults.push({ rule: "file-empty", parts: [], spot: start, problem, mend: "Write the file anew." });
    return { value: undefined, faults, spot: () => start };
  }
  for (const [index, line] of text.replace(/\n$/, "").split("\n").entries()) {
    const spot = { line: index + 1, column: 1 };
    const read = readLine(line);
    if (read === undefined) continue;
    const parts = read.name === undefined ? [] : [read.name];
    const known = read.name === undefined ? undefined : variables.get(read.name);
    if (read.fault) faults.push({ rule: "dotenv-syntax", parts, spot, ...read.fault });
    if (known) {
      const problem = `is set twice, first in line ${String(known.line)}.`;
      faults.push({ rule: "dotenv-duplicate", parts, spot, problem, mend: "Remove one of them." });
    }
    if (read.name !== undefined) variables.set(read.name, { value: read.value ?? "", line: spot.line });
  }
  const value = Object.fromEntries([...variables].map(([name, variable]) => [name, variable.value]));
  const spot = ([name = ""]: readonly string[]) => {
    const line = variables.get(name)?.line;
    return line === undefined ? start : { line, column: 1 };
  };
  return { value, faults, spot };
}

interface Line {
  readonly name?: string;
  readonly value?: string;
  readonly fault?: Pick<SyntaxFault, "problem" | "mend">;
}

/** One line; undefined for a comment or nothing. */
function readLine(line: string): Line | undefined {
  if (/^[ \t]*(#.*)?$/.test(line)) return undefined;
  const match = /^([ \t]*)(export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)([ \t]*)=([ \t]*)(.*)$/s.exec(line);
  if (!match) {
    return { fault: { problem: "is no NAME=value; bash would run it.", mend: "Write NAME=value." } };
  }
  const [, , , name = "", before = "", after = "", rest = ""] = match;
  if (before !== "" || after !== "") {
    const problem = "has a space beside the equals sign; bash would run it as a program.";
    return { name, value: unquote(rest).value ?? rest.trim(), fault: { problem, mend: "Remove the space." } };
  }
  const { value, problem } = unquote(rest);
  if (problem === undefined) return { name, value: value ?? "" };
  return { name, value: value ?? rest.trim(), fault: { problem, mend: mendOf(rest) } };
}

/** The value behind an equals sign, and why it would not be read alike everywhere. */
function unquote(rest: string): { value?: string; problem?: string } {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b-\u001f\u007f\uFEFF]/.test(rest)) {
    const value = rest.replace(/\r$/, "");
    return { value, problem: "holds a control character, such as the one of a Windows line end." };
  }
  const single = /^'([^']*)'([ \t]+#.*)?[ \t]*$/.exec(rest);
  if (single) return { value: single[1] ?? "" };
  const double = /^"([^"]*)"([ \t]+#.*)?[ \t]*$/.exec(rest);
  if (double) {
    const value = double[1] ?? "";
    const special = /[$`\\]/.exec(value)?.[0];
    if (special === undefined) return { value };
    return { value, problem: `has ${special} in double quotes, which bash expands.` };
  }
  if (/^['"]/.test(rest)) return { problem: "has quotes that do not close at the end of the line." };
  if (/^[A-Za-z0-9_./:@%+,=-]*$/.test(rest)) return { value: rest };
  const value = rest.replace(/\s+#.*$/, "").trimEnd();
  if (/\s/.test(value)) {
    return { value, problem: "has a space without quotes; bash would run what comes behind it." };
  }
  const special = /[^A-Za-z0-9_./:@%+,=-]/.exec(value)?.[0];
  return special === undefined ? { value } : { value, problem: `has ${special} without quotes.` };
}

function mendOf(rest: string): string {
  return rest.includes("'")
    ? "Write the value without apostrophe in single quotes."
    : "Write the value in single quotes.";
}
