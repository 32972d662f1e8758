import assert from "node:assert/strict";
import { Fault } from "#model/fault.ts";
import type { Database, Login } from "#test/integration/postgres.ts";

export type Row = Record<string, unknown>;

/** One statement in a session of its own, as one of the logins. */
export interface Asker {
  readonly as: (login: Login | "superuser", sql: string, values?: unknown[]) => Promise<Row[]>;
  /** As the login that statements of the specification run as. */
  readonly user: (sql: string, values?: unknown[]) => Promise<Row[]>;
  /** As the owner: what is refused here is refused by the schema and not by a missing grant. */
  readonly owner: (sql: string) => Promise<Row[]>;
}

/** @param database is called for each statement, as tests make it in a hook. */
export function asker(database: () => Database): Asker {
  const as: Asker["as"] = async (login, sql, values = []) =>
    (await database().run(login, (client) => client.query<Row>(sql, values))).rows;
  return {
    as,
    user: (sql, values) => as("app_user_1", sql, values),
    owner: (sql) =>
      database().run("mcp_migrator", async (client) => {
        await client.query("SET ROLE mcp_owner");
        return (await client.query<Row>(sql)).rows;
      }),
  };
}

/** Expects a refusal whose sentence matches. */
export async function refused(work: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(work, (error) => error instanceof Fault && pattern.test(error.problem));
}
