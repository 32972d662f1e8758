/**
 * One privilege as PostgreSQL knows it, and the readable line that stands for several of them:
 *
 *     SELECT, UPDATE(last_login) on users
 *     EXECUTE on function record_audit(text, jsonb)
 *     USAGE on schema mcp
 */
export interface Privilege {
  /** Role name, or `PUBLIC`. */
  readonly grantee: string;
  readonly verb: string;
  readonly kind: ObjectKind;
  /** Name without schema; of a function with the types of its arguments. */
  readonly object: string;
  /** Only this column of a table; absent for all of it. */
  readonly column?: string;
  /** May be passed on. The matrix never says so. */
  readonly grantable?: boolean;
}

export const objectKinds = ["schema", "table", "sequence", "function", "type"] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** Privileges are equal exactly when their keys are. */
export function privilegeKey(privilege: Privilege): string {
  const { grantee, verb, kind, object, column = "", grantable = false } = privilege;
  return JSON.stringify([grantee, kind, object, column, verb, grantable]);
}

/** @throws TypeError for a line that is not of the form above. */
export function parseLine(grantee: string, line: string): Privilege[] {
  const match = /^(?<verbs>.+?) on (?:(?<kind>schema|sequence|function|type) )?(?<object>.+)$/.exec(line);
  const verbs = match?.groups?.["verbs"];
  const object = match?.groups?.["object"];
  if (verbs === undefined || object === undefined) throw new TypeError(`not a grant: "${line}"`);
  const kind = (match?.groups?.["kind"] ?? "table") as ObjectKind;
  return splitOutsideParentheses(verbs).flatMap((part) => parseVerb(part, line, { grantee, kind, object }));
}

function parseVerb(part: string, line: string, target: Omit<Privilege, "verb">): Privilege[] {
  const match = /^(?<verb>[A-Z]+)(?:\((?<columns>[^()]+)\))?(?<grantable> WITH GRANT OPTION)?$/.exec(part);
  const verb = match?.groups?.["verb"];
  if (verb === undefined) throw new TypeError(`not a privilege: "${part}" in "${line}"`);
  const columns = match?.groups?.["columns"]?.split(",").map((column) => column.trim());
  const rest = match?.groups?.["grantable"] === undefined ? {} : { grantable: true };
  if (columns === undefined) return [{ ...target, verb, ...rest }];
  return columns.map((column) => ({ ...target, verb, column, ...rest }));
}

/** The lines of one grantee: one per object, in the order in which objects, verbs and columns first appear. */
export function formatLines(privileges: readonly Privilege[]): string[] {
  const objects = Map.groupBy(
    privileges,
    ({ kind, object }) => `${kind === "table" ? "" : `${kind} `}${object}`,
  );
  return [...objects].map(([object, own]) => {
    const verbs = Map.groupBy(
      own,
      ({ verb, grantable }) => `${verb}|${grantable === true ? " WITH GRANT OPTION" : ""}`,
    );
    const parts = [...verbs].flatMap(([key, same]) => formatVerb(key, same));
    return `${parts.join(", ")} on ${object}`;
  });
}

/** A verb held on all of a table and, besides, on some of its columns is two parts. */
function formatVerb(key: string, privileges: readonly Privilege[]): string[] {
  const [verb, grantable] = key.split("|") as [string, string];
  const columns = privileges.flatMap(({ column }) => column ?? []);
  const whole = privileges.some(({ column }) => column === undefined) ? [`${verb}${grantable}`] : [];
  return columns.length === 0 ? whole : [...whole, `${verb}(${columns.join(", ")})${grantable}`];
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,\s*(?![^()]*\))/);
}
