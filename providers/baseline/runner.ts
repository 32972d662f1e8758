import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import { baselineFacts } from "#model/access/baseline.ts";
import type { Fact } from "#model/access/fact.ts";
import { Fault } from "#model/fault.ts";
import { inTransaction, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import { readInstance, recordInstance, refuseForeign } from "./instance.ts";

export interface BaselineInputs {
  /** The superuser, in the database of the schema. */
  readonly connection: Connection;
  /** Random id of the stack instance, kept in the database. */
  readonly instance: string;
  /** Identity of the database cluster: with another one everything is done anew. */
  readonly systemIdentifier: string;
  /** What will hold, in words, so that a preview shows what changes: `baselineLines()` of the model. */
  readonly facts: readonly string[];
}

/**
 * Brings the facts about, in one transaction, and claims the database for the stack instance.
 *
 * @throws Fault FOREIGN_OBJECT, before any change, for a database of another stack instance.
 */
export async function apply(inputs: BaselineInputs): Promise<void> {
  await withLockedSession(
    inputs.connection,
    async (client) => {
      await refuseForeign(client, inputs.instance);
      await inTransaction(client, async () => {
        await recordInstance(client, inputs.instance);
        await bringAbout(client, baselineFacts());
      });
    },
    { step: "baseline" },
  );
}

async function bringAbout(client: Client, facts: readonly Fact[]): Promise<void> {
  for (const fact of await failing(client, facts)) await client.query(fact.apply.join(";\n"));
  const rest = await failing(client, facts);
  if (rest.length === 0) return;
  throw new Fault({
    code: "DATABASE_REFUSED",
    where: "baseline",
    problem: `PostgreSQL accepted the statements, but this does not hold: ${rest.map(({ line }) => line).join("; ")}.`,
    mend: "see whether another program changes the database at the same time.",
  });
}

/** All facts in one round trip. One about something that is missing is null, and does not hold. */
async function failing(client: Client, facts: readonly Fact[]): Promise<Fact[]> {
  const expressions = facts.map(({ holds }) => `coalesce(${holds}, false)`).join(",\n");
  const { rows } = await client.query<{ hold: boolean[] }>(`SELECT ARRAY[${expressions}] AS hold`);
  return facts.filter((_fact, index) => rows[0]?.hold[index] !== true);
}

export function changes(olds: BaselineInputs, news: BaselineInputs): { changes: boolean } {
  const keys = ["connection", "instance", "systemIdentifier", "facts"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** The inputs as the database has them; as they were where the server does not answer. */
export async function observe(inputs: BaselineInputs): Promise<BaselineInputs> {
  try {
    return await withSession(
      inputs.connection,
      async (client) => {
        const broken = new Set((await failing(client, baselineFacts())).map(({ line }) => line));
        const facts = inputs.facts.map((line) => (broken.has(line) ? `NOT: ${line}` : line));
        return { ...inputs, facts, instance: (await readInstance(client)) ?? "" };
      },
      { step: "baseline" },
    );
  } catch (error) {
    if (error instanceof Fault && error.code === "DATABASE_UNREACHABLE") return inputs;
    throw error;
  }
}
