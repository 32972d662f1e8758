/** One place where two JSON values differ. A side that has nothing there lacks its member. */
export interface JsonDifference {
  /** Member names and list positions from the top; empty for the whole value. */
  readonly parts: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Where two JSON values differ, as deep as they are alike; lists of different lengths differ as a whole. */
export function jsonDifferences(
  before: unknown,
  after: unknown,
  parts: readonly string[] = [],
): JsonDifference[] {
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => jsonDifferences(item, after[index], [...parts, String(index)]));
  }
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => {
      const at = [...parts, name];
      if (!Object.hasOwn(before, name)) return [{ parts: at, after: after[name] }];
      if (!Object.hasOwn(after, name)) return [{ parts: at, before: before[name] }];
      return jsonDifferences(before[name], after[name], at);
    });
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ parts, before, after }];
}

/** JSON Pointer (RFC 6901). */
export function jsonPointer(parts: readonly string[]): string {
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
