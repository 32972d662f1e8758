import type { Evidence } from "./evidence.ts";
import type { Finding } from "./outcome.ts";
import type { Queryable } from "./queryable.ts";

/** What a query may look at beside the database. */
export interface QueryContext {
  /** Of the rule; 0 for queries that take none. */
  readonly days: number;
  readonly evidence: Evidence;
}

/** Thrown by a query that has nothing to go by; the message says what is missing. */
export class Unjudged extends Error {}

/** Finds what a rule does not allow. @throws Unjudged */
export type NamedQuery = (session: Queryable, context: QueryContext) => Promise<Finding[]>;

/** A query whose rows are findings in words. */
export function texts(sql: string, values: (context: QueryContext) => unknown[] = () => []): NamedQuery {
  return async (session, context) => {
    const { rows } = await session.query<{ text: string }>(sql, values(context));
    return rows.map(({ text }) => ({ text }));
  };
}
