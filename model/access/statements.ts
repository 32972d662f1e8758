import type { Privilege } from "./privilege.ts";

/** How SQL names an object, by the `kind object` of its privileges: `TABLE mcp.users`. */
export type ObjectNames = ReadonlyMap<string, string>;

/** @throws TypeError when an object has no name in SQL, that is: does not exist. */
export function grantStatements(privileges: readonly Privilege[], names: ObjectNames): string[] {
  return grouped(privileges).map((group) => {
    const { grantee } = group[0]!;
    return `GRANT ${verbList(group)} ON ${sqlName(group[0]!, names)} TO ${quoteRole(grantee)}`;
  });
}

/** CASCADE, because a privilege that was passed on goes with the one it came from. */
export function revokeStatements(privileges: readonly Privilege[], names: ObjectNames): string[] {
  return grouped(privileges).map((group) => {
    const { grantee } = group[0]!;
    return `REVOKE ${verbList(group)} ON ${sqlName(group[0]!, names)} FROM ${quoteRole(grantee)} CASCADE`;
  });
}

export function objectId({ kind, object }: Pick<Privilege, "kind" | "object">): string {
  return `${kind} ${object}`;
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** One statement per grantee and object. */
function grouped(privileges: readonly Privilege[]): Privilege[][] {
  return [...Map.groupBy(privileges, (one) => `${one.grantee}\n${objectId(one)}`).values()];
}

function verbList(group: readonly Privilege[]): string {
  const verbs = group.map(({ verb, column }) =>
    column === undefined ? verb : `${verb} (${quoteIdentifier(column)})`,
  );
  return [...new Set(verbs)].join(", ");
}

function sqlName(privilege: Privilege, names: ObjectNames): string {
  const name = names.get(objectId(privilege));
  if (name === undefined) throw new TypeError(`no ${objectId(privilege)} in the database`);
  return name;
}

function quoteRole(grantee: string): string {
  return grantee === "PUBLIC" ? "PUBLIC" : quoteIdentifier(grantee);
}
