import { setImmediate } from "node:timers/promises";
import { charactersOf, findSequence } from "./findSequence.ts";

export interface TextEdit {
  readonly oldText: string;
  readonly newText: string;
}

/** An edit whose old text the file does not hold; `index` counts from 0. */
export class EditNotFound extends Error {
  readonly index: number;

  constructor(index: number) {
    super(`edit ${index} does not fit`);
    this.name = "EditNotFound";
    this.index = index;
  }
}

/**
 * Replaces the first occurrence of each edit's old text, one edit after the other. Where it does not stand literally,
 * lines that differ from it in white space at their ends only are replaced, and the new ones take over their
 * indentation. A file whose line breaks are all CRLF is edited as if they were LF, and keeps them.
 *
 * @throws EditNotFound
 */
export async function applyEdits(
  text: string,
  edits: readonly TextEdit[],
  signal: AbortSignal,
): Promise<string> {
  const windows = text.includes("\r\n") && !/(^|[^\r])\n/.test(text);
  const plain = (part: string): string => (windows ? part.replaceAll("\r\n", "\n") : part);
  let edited = plain(text);
  for (const [index, { oldText, newText }] of edits.entries()) {
    // A large file takes a while; others are served in between.
    await setImmediate();
    signal.throwIfAborted();
    const next = replaceText(edited, plain(oldText), plain(newText));
    if (next === undefined) throw new EditNotFound(index);
    edited = next;
  }
  return windows ? edited.replaceAll("\n", "\r\n") : edited;
}

function replaceText(text: string, oldText: string, newText: string): string | undefined {
  const at = findSequence(charactersOf(text), charactersOf(oldText));
  if (at >= 0) return text.slice(0, at) + newText + text.slice(at + oldText.length);
  const [lines, oldLines] = [text.split("\n"), oldText.split("\n")];
  const [trimmed, wanted] = [lines.map((line) => line.trim()), oldLines.map((line) => line.trim())];
  const first = findSequence(sequenceOf(trimmed), sequenceOf(wanted));
  if (first < 0) return undefined;
  const newLines = reindented(newText.split("\n"), indentOf(oldLines[0]!), indentOf(lines[first]!));
  return [...lines.slice(0, first), ...newLines, ...lines.slice(first + oldLines.length)].join("\n");
}

/** The lines with the indentation that the old text has exchanged for the one that the file has. */
function reindented(lines: readonly string[], old: string, own: string): string[] {
  return lines.map((line) => {
    if (line.trim() === "") return line;
    if (line.startsWith(old)) return own + line.slice(old.length);
    const depth = indentOf(line).length - old.length;
    return own.slice(0, Math.max(0, own.length + depth)) + line.trimStart();
  });
}

function indentOf(line: string): string {
  return line.slice(0, line.length - line.trimStart().length);
}

function sequenceOf(lines: readonly string[]) {
  return { length: lines.length, at: (position: number) => lines[position]! };
}
