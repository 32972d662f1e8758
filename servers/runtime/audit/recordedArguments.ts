/** What a tool says about its records in `audit_logs`. */
export interface ToolAudit<A = unknown> {
  /** Arguments whose values may be recorded, as they are neither content nor secret: paths, names, ids. */
  readonly record?: readonly string[];
  /** What was acted on; at most 100 characters are kept. */
  readonly resource?: (args: A) => string | undefined;
}

const mostArguments = 32;
const mostItems = 20;
const mostTextLength = 300;

/** Never recorded, whatever a tool says. */
const secretName = /passw|secret|api[-_]?key|authorization|cookie|private[-_]?key|credential|token$/i;

/**
 * Arguments as they are recorded: names of all, values of numbers and switches, of other values their size alone
 * unless the tool marks them as safe. No hash of a content: a short one could be guessed from it.
 */
export function recordedArguments(args: unknown, { record = [] }: ToolAudit = {}): Record<string, unknown> {
  if (typeof args !== "object" || args === null) return {};
  const entries = Object.entries(args).filter(([, value]) => value !== undefined);
  const kept = entries.slice(0, mostArguments).map(([name, value]): [string, unknown] => {
    const shown = name.slice(0, 64);
    if (secretName.test(name)) return [shown, "[redacted]"];
    return [shown, record.includes(name) ? valueOf(value) : sizeOf(value)];
  });
  if (entries.length > mostArguments) kept.push(["(more)", entries.length - mostArguments]);
  return Object.fromEntries(kept);
}

function sizeOf(value: unknown): unknown {
  if (typeof value === "string") return { bytes: Buffer.byteLength(value) };
  if (Array.isArray(value)) return { items: value.length };
  if (typeof value === "object" && value !== null) return { keys: Object.keys(value).length };
  return value;
}

function valueOf(value: unknown): unknown {
  if (typeof value === "string") return shortened(value);
  if (!Array.isArray(value)) return sizeOf(value);
  const items = value
    .slice(0, mostItems)
    .map((item) => (typeof item === "string" ? shortened(item) : sizeOf(item)));
  return value.length > mostItems ? [...items, { more: value.length - mostItems }] : items;
}

function shortened(text: string): string {
  return text.length > mostTextLength
    ? `${text.slice(0, mostTextLength)}… (${text.length} characters)`
    : text;
}
