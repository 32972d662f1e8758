import { existsSync, readFileSync } from "node:fs";
import ts from "typescript";
import type { Effective, Proof } from "#model/files/effects/effect.ts";

const root = new URL("../../", import.meta.url);

/** What is wrong with the claim that code obeys a key; undefined if it holds. */
export function claimFault(claim: Effective): string | undefined {
  if (!existsSync(new URL(claim.module, root))) return `there is no ${claim.module}`;
  const wanted = isScript(claim.module) ? shellWords(claim.reads) : fragmentTokens(claim.reads);
  if (!holds(tokensOf(claim.module), wanted)) return `${claim.module} does not hold ${claim.reads}`;
  return proofFault(claim.proof);
}

function proofFault({ file, test }: Proof): string | undefined {
  if (!existsSync(new URL(file, root))) return `there is no ${file}`;
  return titlesIn(file).includes(test) ? undefined : `${file} has no test "${test}"`;
}

/** True if any file of code below `folders` holds the fragment. */
export function isRead(fragment: string, files: readonly string[]): boolean {
  const wanted = fragmentTokens(fragment);
  return files.some((file) => holds(tokensOf(file), wanted));
}

/** The fragment as it stands; `a.b` is not found inside `x.a.b`. */
function holds(tokens: readonly string[], wanted: readonly string[]): boolean {
  return tokens.some(
    (_, at) => tokens[at - 1] !== "." && wanted.every((token, offset) => tokens[at + offset] === token),
  );
}

const known = new Map<string, readonly string[]>();

/** Tokens of a source file, without comments and layout. */
function tokensOf(file: string): readonly string[] {
  const found = known.get(file);
  if (found) return found;
  const text = readFileSync(new URL(file, root), "utf8");
  const tokens = isScript(file) ? shellWords(text) : codeTokens(file, text);
  known.set(file, tokens);
  return tokens;
}

function codeTokens(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    if (children.length > 0) children.forEach(visit);
    else tokens.push(node.getText(source));
  };
  visit(source);
  return tokens.filter((token) => token !== "");
}

function isScript(file: string): boolean {
  return file.endsWith(".sh");
}

/** Scripts are searched for whole words. */
function shellWords(text: string): string[] {
  return text.replaceAll(/^\s*#.*$/gm, "").split(/\s+/);
}

/** Part of an expression, which need not be a whole one. */
function fragmentTokens(fragment: string): string[] {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, fragment);
  const tokens: string[] = [];
  while (scanner.scan() !== ts.SyntaxKind.EndOfFileToken) {
    // By itself the scanner ends at `>`, which may close a type argument.
    if (scanner.getToken() === ts.SyntaxKind.GreaterThanToken) scanner.reScanGreaterToken();
    tokens.push(scanner.getTokenText());
  }
  if (tokens.length === 0) throw new TypeError("nothing to look for");
  return tokens;
}

/** Titles of the tests of a file that run. */
function titlesIn(file: string): string[] {
  const text = readFileSync(new URL(file, root), "utf8");
  const calls = text.matchAll(/\bit\(\s*("(?:[^"\\]|\\.)*")/g);
  return [...calls].map(([, title]) => JSON.parse(title!) as string);
}
