import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import type { Credential, RecordedFacts } from "#model/compliance/deploymentFacts.ts";
import { Fault } from "#model/fault.ts";
import { inTransaction, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";

export interface FactsInputs {
  /** Login of the provisioner. */
  readonly connection: Connection;
  /** Server, or `database`, to what it was deployed with. Rows of others are removed. */
  readonly facts: Readonly<Record<string, RecordedFacts>>;
  /** Identity of the database cluster: with another one everything is written anew. */
  readonly systemIdentifier: string;
}

/**
 * Writes the rows that differ, in one transaction. A credential keeps the time at which its generation was first
 * written down.
 *
 * @throws Fault DATABASE_UNREACHABLE, DATABASE_REFUSED
 */
export async function apply(inputs: FactsInputs): Promise<void> {
  await withLockedSession(
    inputs.connection,
    (client) =>
      inTransaction(client, async () => {
        const known = await storedFacts(client);
        const now = await databaseTime(client);
        for (const [server, facts] of Object.entries(inputs.facts)) {
          await write(client, server, dated(facts, known.get(server), now));
        }
        await client.query("DELETE FROM deployment_facts WHERE NOT (server_name = ANY ($1))", [
          Object.keys(inputs.facts),
        ]);
      }),
    { step: "facts" },
  );
}

async function write(client: Client, server: string, facts: RecordedFacts): Promise<void> {
  await client.query(
    `INSERT INTO deployment_facts AS f (server_name, facts) VALUES ($1, $2)
     ON CONFLICT (server_name) DO UPDATE
     SET facts = excluded.facts, written_at = clock_timestamp(), written_by = session_user
     WHERE f.facts IS DISTINCT FROM excluded.facts`,
    [server, JSON.stringify(facts)],
  );
}

async function storedFacts(client: Client): Promise<Map<string, RecordedFacts>> {
  const { rows } = await client.query<{ server: string; facts: RecordedFacts }>(
    "SELECT server_name AS server, facts FROM deployment_facts",
  );
  return new Map(rows.map(({ server, facts }) => [server, facts]));
}

async function databaseTime(client: Client): Promise<string> {
  const { rows } = await client.query<{ now: Date }>("SELECT now()");
  return rows[0]!.now.toISOString();
}

function dated(facts: RecordedFacts, known: RecordedFacts | undefined, now: string): RecordedFacts {
  if (!facts.enabled) return facts;
  const credentials = Object.entries(facts.credentials).map(([name, credential]) => {
    const before = known?.enabled === true ? known.credentials[name] : undefined;
    const kept = before?.generation === credential.generation ? before.since : undefined;
    return [name, { ...credential, since: kept ?? now }];
  });
  return { ...facts, credentials: Object.fromEntries(credentials) as Record<string, Credential> };
}

export function changes(olds: FactsInputs, news: FactsInputs): { changes: boolean } {
  const keys = ["connection", "facts", "systemIdentifier"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** The inputs as the table has them; as they were where the server does not answer. */
export async function observe(inputs: FactsInputs): Promise<FactsInputs> {
  try {
    const stored = await withSession(inputs.connection, storedFacts, { step: "facts" });
    return {
      ...inputs,
      facts: Object.fromEntries([...stored].map(([server, facts]) => [server, undated(facts)])),
    };
  } catch (error) {
    if (error instanceof Fault && error.code === "DATABASE_UNREACHABLE") return inputs;
    throw error;
  }
}

/** Without the times, which are the database's own. */
function undated(facts: RecordedFacts): RecordedFacts {
  if (!facts.enabled) return facts;
  const credentials = Object.entries(facts.credentials).map(([name, { generation }]) => [
    name,
    { generation },
  ]);
  return { ...facts, credentials: Object.fromEntries(credentials) as Record<string, Credential> };
}
