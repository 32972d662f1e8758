import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { isMistakenNamespace } from "./foreignNamespace.ts";
import type { RawConfig } from "./settings.ts";
import { inspectStackFile } from "./stackFile.ts";

/** Stands for every secret: they are encrypted, and nobody needs the passphrase to check the rest. */
const encrypted = "encrypted";

export interface StackFile {
  /** As Pulumi would hand it over; undefined if the text is no stack file. */
  readonly raw: RawConfig | undefined;
  /** What is wrong with the text, each with its line. */
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
  /** The line of a key such as `network.hostnames[0]`, or of the innermost key around it that is there. */
  readonly lineOf: (key: string) => number;
}

/** Reads the text of a `Pulumi.<stack>.yaml` without Pulumi. */
export function readStackFile(text: string, project: string, stack: string): StackFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const lineAt = (offset: number) => Math.max(1, counter.linePos(offset).line);
  const problems = document.errors.map(({ pos, message }) => ({
    line: lineAt(pos[0]),
    // The library quotes the lines around the mistake behind the first one; they may hold anything.
    problem: message.split("\n", 1)[0]!.replace(/ at line \d+, column \d+:?$/, ""),
  }));
  const content = problems.length === 0 ? (document.toJS({ maxAliasCount: 100 }) as unknown) : {};
  const config = isObject(content) && isObject(content["config"]) ? content["config"] : {};
  const lineOf = (key: string) => {
    let node: unknown = document.get("config");
    let line = 1;
    for (const [depth, part] of partsOf(key).entries()) {
      const names = depth === 0 ? [`${project}:${part}`, key] : [part];
      const step = stepInto(node, names);
      if (!step) break;
      line = lineAt(step.offset);
      node = step.node;
    }
    return line;
  };
  return { raw: problems.length > 0 ? undefined : rawConfig(config, text, project, stack), problems, lineOf };
}

/** What lies under one of the names, and where it begins; undefined if nothing does. */
function stepInto(node: unknown, names: readonly string[]): { node: unknown; offset: number } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(names[0])];
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && names.includes(String(key.value)));
  if (!pair || !isScalar(pair.key)) return undefined;
  return { node: pair.value, offset: pair.key.range?.[0] ?? 0 };
}

function rawConfig(
  config: Readonly<Record<string, unknown>>,
  text: string,
  project: string,
  stack: string,
): RawConfig {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
  const named = own.map(([key, value]) => [key.slice(project.length + 1), value] as const);
  const { secretPaths, plainSecrets } = inspectStackFile(text, project);
  return {
    project,
    stack,
    config: Object.fromEntries(named.map(([key, value]) => [key, asText(hidden(value))])),
    secretKeys: [...new Set(secretPaths.map((path) => path.split(/[.[]/, 1)[0] ?? ""))],
    secretPaths,
    plainSecrets,
    foreignKeys: Object.keys(config).filter((key) =>
      isMistakenNamespace(key.split(":", 1)[0] ?? "", project),
    ),
  };
}

/** Objects as JSON text, the rest as it is, like Pulumi. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}

function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (!isObject(value)) return value;
  if (Object.keys(value).length === 1 && typeof value["secure"] === "string") return encrypted;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item)]));
}

/** `network.hostnames[0]` or `files.access["a.b"]`, as `pulumi config set --path` takes them. */
function partsOf(key: string): string[] {
  const parts = key.match(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => part.replace(/^\["?|"?\]$/g, "").replaceAll('\\"', '"'));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
