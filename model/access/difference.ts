import { formatLines, parseLine, privilegeKey } from "./privilege.ts";
import type { Privilege } from "./privilege.ts";

/** Lines by grantee, as a resource holds and a preview shows them. */
export type GrantLines = Readonly<Record<string, readonly string[]>>;

export function parseLines(lines: GrantLines): Privilege[] {
  return Object.entries(lines).flatMap(([grantee, own]) => own.flatMap((line) => parseLine(grantee, line)));
}

/** What has to be granted and revoked so that `actual` becomes `wanted`. */
export interface Difference {
  readonly missing: readonly Privilege[];
  readonly surplus: readonly Privilege[];
}

export function difference(wanted: readonly Privilege[], actual: readonly Privilege[]): Difference {
  const wantedKeys = new Set(wanted.map(privilegeKey));
  const actualKeys = new Set(actual.map(privilegeKey));
  return {
    missing: wanted.filter((privilege) => !actualKeys.has(privilegeKey(privilege))),
    surplus: actual.filter((privilege) => !wantedKeys.has(privilegeKey(privilege))),
  };
}

/**
 * `lines` with what the catalog says instead, so that a comparison shows only objects that really differ: a line
 * that holds stays as it was written, one that does not becomes what is granted or goes, and what nobody asked
 * for is added.
 */
export function observedLines(lines: GrantLines, actual: readonly Privilege[]): GrantLines {
  const observed: Record<string, string[]> = {};
  const byGrantee = Map.groupBy(actual, ({ grantee }) => grantee);
  for (const grantee of new Set([...Object.keys(lines), ...byGrantee.keys()])) {
    const seen = Map.groupBy(byGrantee.get(grantee) ?? [], objectKey);
    observed[grantee] = [];
    for (const line of lines[grantee] ?? []) {
      const expected = parseLine(grantee, line);
      const key = objectKey(expected[0]!);
      const found = seen.get(key) ?? [];
      seen.delete(key);
      const { missing, surplus } = difference(expected, found);
      if (missing.length + surplus.length === 0) observed[grantee].push(line);
      else observed[grantee].push(...formatLines(inOrderOf(expected, found)));
    }
    observed[grantee].push(...[...seen.values()].flatMap((own) => formatLines(own)));
  }
  return observed;
}

/** The catalog has no order of its own; that of the written line keeps the difference small. */
function inOrderOf(expected: readonly Privilege[], found: readonly Privilege[]): Privilege[] {
  const keys = expected.map(privilegeKey);
  const rank = (privilege: Privilege) => {
    const index = keys.indexOf(privilegeKey(privilege));
    return index === -1 ? keys.length : index;
  };
  return [...found].sort((a, b) => rank(a) - rank(b));
}

function objectKey({ kind, object }: Privilege): string {
  return `${kind} ${object}`;
}
