import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { databaseName, schemaName } from "#model/names.ts";

/** Schema of the superuser's own; no other role may look into it. */
const instanceSchema = "kilocode";

/** Marks the comment on the database, which can be read from any other database of the cluster. */
const commentPrefix = "kilocode-mcp stack instance ";

/**
 * Refuses a database of another stack instance. A database without an id is taken only while the schema is not
 * there, which is made in the same transaction as the id.
 *
 * @throws Fault FOREIGN_OBJECT
 */
export async function refuseForeign(client: Client, instance: string): Promise<void> {
  const found = await readInstance(client);
  if (found === instance) return;
  if (found !== undefined) throw foreign(instance, `belongs to stack instance ${found}`);
  const { rows } = await client.query("SELECT FROM pg_namespace WHERE nspname = $1", [schemaName]);
  if (rows.length > 0) throw foreign(instance, `has a schema ${schemaName}, but no stack instance's id`);
}

export async function recordInstance(client: Client, instance: string): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${instanceSchema};
    CREATE TABLE IF NOT EXISTS ${instanceSchema}.stack_instance (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      id text NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT now()
    )`);
  const row = `INSERT INTO ${instanceSchema}.stack_instance (id) VALUES ($1) ON CONFLICT (single) DO NOTHING`;
  await client.query(row, [instance]);
  if ((await instanceOfDatabase(client, databaseName)) !== instance) {
    await client.query(
      `COMMENT ON DATABASE ${databaseName} IS ${client.escapeLiteral(commentPrefix + instance)}`,
    );
  }
}

/** The id in the database that the session is in. */
export async function readInstance(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ table: string | null }>(
    `SELECT to_regclass('${instanceSchema}.stack_instance')::text AS "table"`,
  );
  if (rows[0]?.table == null) return undefined;
  const found = await client.query<{ id: string }>(`SELECT id FROM ${instanceSchema}.stack_instance`);
  return found.rows[0]?.id;
}

/** The id that the comment on a database of the cluster gives, from whatever database the session is in. */
export async function instanceOfDatabase(client: Client, database: string): Promise<string | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
    [database],
  );
  const comment = rows[0]?.comment;
  return comment?.startsWith(commentPrefix) === true ? comment.slice(commentPrefix.length) : undefined;
}

export function foreign(instance: string, found: string): Fault {
  return new Fault({
    code: "FOREIGN_OBJECT",
    where: `database ${databaseName}`,
    problem: `it ${found}; this one is ${instance}.`,
    mend: "use that stack's state, or another stack name, or remove the database's volume if its data may go.",
  });
}
