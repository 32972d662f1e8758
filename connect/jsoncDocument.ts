import {
  applyEdits,
  getNodeValue,
  modify,
  parseTree,
  printParseErrorCode,
  visit,
  type Node,
  type ParseError,
} from "jsonc-parser";
import { Fault } from "#model/fault.ts";

/** What sets one value among the properties of an object. */
type Property = readonly [key: string, value: unknown];

/**
 * A JSON file with comments and trailing commas, edited in place: whatever is not changed keeps its bytes, line
 * ends and comments included.
 */
export class JsoncDocument {
  readonly #name: string;
  readonly #mark: string;
  readonly #eol: string;
  readonly #indent: string;
  #text: string;

  /**
   * @param name of the file, for faults
   * @throws Fault CONNECT_FILE if the text is no JSON object, or a key occurs twice in one object
   */
  constructor(text: string, name: string) {
    this.#name = name;
    this.#mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    const rest = text.slice(this.#mark.length);
    this.#text = rest.trim() === "" ? `{}${rest.includes("\r\n") ? "\r\n" : "\n"}` : rest;
    this.#eol = this.#text.includes("\r\n") ? "\r\n" : "\n";
    this.#indent = /^[ \t]+(?=["{[])/m.exec(this.#text)?.[0] ?? "  ";
    this.#refuseDuplicates(this.#root());
  }

  get text(): string {
    return this.#mark + this.#text;
  }

  /** The value at a path; undefined if there is none. */
  get(path: readonly string[]): unknown {
    const node = find(this.#root(), path);
    return node === undefined ? undefined : getNodeValue(node);
  }

  /** Keys of the object at a path, in their order; none if there is no object. */
  keys(path: readonly string[]): string[] {
    const node = find(this.#root(), path);
    return node?.type === "object" ? properties(node).map(({ key }) => key) : [];
  }

  /**
   * Sets the value at a path, and makes the objects on the way to it. A new key comes last, or before the first
   * key of its object for which `before` holds.
   *
   * @throws Fault CONNECT_FILE if something on the way is no object
   */
  set(path: readonly string[], value: unknown, before?: (key: string) => boolean): void {
    if (find(this.#root(), path) !== undefined) {
      this.#text = applyEdits(this.#text, modify(this.#text, [...path], value, this.#formatting()));
      return;
    }
    const [parent, property] = this.#nearest(path, value);
    const next = before && properties(parent).find(({ key }) => before(key));
    if (next === undefined) this.#append(parent, property);
    else this.#insert(next.node, property);
  }

  /** Removes a key with its value and its comma; comments around it stay. */
  remove(path: readonly string[]): void {
    const root = this.#root();
    const parent = find(root, path.slice(0, -1));
    const siblings = parent?.type === "object" ? properties(parent) : [];
    const at = siblings.findIndex(({ key }) => key === path.at(-1));
    if (parent === undefined || at === -1) return;
    const node = siblings[at]!.node;
    const end = node.offset + node.length;
    const next = siblings[at + 1]?.node.offset ?? parent.offset + parent.length - 1;
    const previous = siblings[at - 1]?.node;
    const comma =
      this.#comma(end, next) ??
      (previous === undefined ? undefined : this.#comma(previous.offset + previous.length, node.offset));
    const parts: [number, number][] = [this.#withBlankLine(node.offset, end, comma)];
    if (comma !== undefined && (comma < parts[0]![0] || comma >= parts[0]![1]))
      parts.push([comma, comma + 1]);
    for (const [from, to] of parts.sort(([x], [y]) => y - x)) {
      this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    }
  }

  /** A range, widened to whole lines if nothing else but its comma is on them. */
  #withBlankLine(from: number, to: number, comma: number | undefined): [number, number] {
    const { start, indent } = this.#lineOf(from);
    const lineEnd = this.#text.indexOf("\n", to);
    const rest = lineEnd === -1 ? this.#text.slice(to) : this.#text.slice(to, lineEnd);
    const ownComma = comma !== undefined && comma >= to && comma < to + rest.length;
    const blank = rest.trim() === (ownComma ? "," : "");
    if (lineEnd === -1 || start + indent.length !== from || !blank) return [from, to];
    return [start, lineEnd + 1];
  }

  #root(): Node {
    const errors: ParseError[] = [];
    const root = parseTree(this.#text, errors, { allowTrailingComma: true });
    const [first] = errors;
    if (first !== undefined) throw this.#fault(first.offset, saying(printParseErrorCode(first.error)));
    if (root?.type !== "object") throw this.#fault(root?.offset ?? 0, "the file must hold an object");
    return root;
  }

  /** The deepest object on the way to a path that exists, and the property that it lacks. */
  #nearest(path: readonly string[], value: unknown): [Node, Property] {
    let node = this.#root();
    for (const [depth, key] of path.entries()) {
      if (node.type !== "object") throw this.#fault(node.offset, `\`${path[depth - 1]!}\` must be an object`);
      const next = find(node, [key]);
      if (next === undefined) return [node, [key, nested(path.slice(depth + 1), value)]];
      node = next;
    }
    throw new Error(`${path.join(".")} exists`);
  }

  #append(parent: Node, property: Property): void {
    const { start, indent } = this.#lineOf(parent.offset);
    const close = parent.offset + parent.length - 1;
    const last = properties(parent).at(-1)?.node;
    const from = last === undefined ? parent.offset + 1 : last.offset + last.length;
    const trivia = this.#text.slice(from, close);
    // After the whole line of the last property, so that its comment stays with it.
    const blank = trivia.length - trivia.trimEnd().length;
    const after = /\r?\n\s*$/.exec(trivia.slice(trivia.length - blank))?.[0];
    const end = close - (after?.length ?? blank);
    const comma = this.#comma(from, close) !== undefined;
    const inner = last === undefined ? indent + this.#indent : this.#indentOf(last, start, indent);
    const added = `${this.#eol}${inner}${this.#print(property, inner)}${comma ? "," : ""}`;
    const closing = after ?? `${this.#eol}${indent}`;
    this.#text = [
      this.#text.slice(0, from),
      last === undefined || comma ? "" : ",",
      this.#text.slice(from, end),
      added,
      closing,
      this.#text.slice(close),
    ].join("");
  }

  /** Where the first comma in a range is, not counting those in comments. */
  #comma(from: number, to: number): number | undefined {
    let found: number | undefined;
    const onSeparator = (sign: string, at: number) => {
      if (sign === "," && at >= from && at < to) found ??= at;
    };
    visit(this.#text, { onSeparator }, { allowTrailingComma: true });
    return found;
  }

  #insert(next: Node, property: Property): void {
    const { indent } = this.#lineOf(next.offset);
    const added = `${this.#print(property, indent)},${this.#eol}${indent}`;
    this.#text = `${this.#text.slice(0, next.offset)}${added}${this.#text.slice(next.offset)}`;
  }

  #print([key, value]: Property, indent: string): string {
    const lines = JSON.stringify(value, null, this.#indent).split("\n");
    return `${JSON.stringify(key)}: ${lines.join(`${this.#eol}${indent}`)}`;
  }

  /** The indent of a property that begins its line; else one step more than its object's. */
  #indentOf(node: Node, objectLine: number, objectIndent: string): string {
    const { start, indent } = this.#lineOf(node.offset);
    return start > objectLine && start + indent.length === node.offset ? indent : objectIndent + this.#indent;
  }

  #lineOf(offset: number): { start: number; indent: string } {
    const start = this.#text.lastIndexOf("\n", offset - 1) + 1;
    return { start, indent: /^[ \t]*/.exec(this.#text.slice(start))![0] };
  }

  #formatting() {
    const insertSpaces = !this.#indent.includes("\t");
    const tabSize = insertSpaces ? this.#indent.length : 1;
    return { formattingOptions: { insertSpaces, tabSize, eol: this.#eol } };
  }

  #refuseDuplicates(node: Node): void {
    const seen = new Set<string>();
    for (const { key, node: property } of node.type === "object" ? properties(node) : []) {
      if (seen.has(key)) throw this.#fault(property.offset, `the key \`${key}\` occurs twice`);
      seen.add(key);
    }
    for (const child of node.children ?? []) this.#refuseDuplicates(child);
  }

  #fault(offset: number, problem: string): Fault {
    const before = this.#text.slice(0, offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    return new Fault({
      code: "CONNECT_FILE",
      where: `${this.#name}, line ${before.length}, column ${column}`,
      problem,
      mend: "correct the file, or run the command without --write and paste what it prints",
    });
  }
}

function properties(object: Node): { key: string; node: Node }[] {
  return (object.children ?? []).map((node) => ({ key: String(node.children?.[0]?.value), node }));
}

function find(node: Node, path: readonly string[]): Node | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  if (node.type !== "object") return undefined;
  const value = properties(node).find((property) => property.key === key)?.node.children?.[1];
  return value === undefined ? undefined : find(value, rest);
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}

/** `CommaExpected` → `comma expected`. */
function saying(code: string): string {
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
