/**
 * One thing that must hold inside the database and that only the superuser can bring about. Facts are looked at
 * before they are brought about, so that a second run changes nothing and drift can be named.
 */
export interface Fact {
  /** The fact in words, as a preview shows it. */
  readonly line: string;
  /** SQL expression, true while the fact holds; it must not fail where things are missing. */
  readonly holds: string;
  /** What brings it about, whatever was there before. */
  readonly apply: readonly string[];
}

/** The oids of roles, sorted; roles that do not exist make the expression fail. */
export function roleIds(names: readonly string[]): string {
  return `ARRAY(SELECT unnest(${textArray(names)})::regrole::oid ORDER BY 1)`;
}

export function textArray(names: readonly string[]): string {
  return `ARRAY[${names.map((name) => `'${name}'`).join(", ")}]::text[]`;
}
