import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import { readCatalog } from "#model/access/catalog.ts";
import type { Catalog } from "#model/access/catalog.ts";
import { difference, observedLines, parseLines } from "#model/access/difference.ts";
import type { Difference, GrantLines } from "#model/access/difference.ts";
import { formatLines } from "#model/access/privilege.ts";
import type { Privilege } from "#model/access/privilege.ts";
import { grantStatements, objectId, quoteIdentifier, revokeStatements } from "#model/access/statements.ts";
import { Fault } from "#model/fault.ts";
import { schemaName } from "#model/names.ts";
import { inTransaction, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";

export interface GrantsInputs {
  /** Login that is a member of `owner`. */
  readonly connection: Connection;
  /** Owner of the schema and all in it; grants are made as this role. */
  readonly owner: string;
  /** Lines such as `SELECT(id, username) on users` by role; whatever else is granted in the schema is revoked. */
  readonly grants: GrantLines;
  /** Identity of the database cluster: with another one the grants are made anew. */
  readonly systemIdentifier: string;
  /** Name of the last migration: with another one there may be new objects. */
  readonly schemaVersion: string;
}

/**
 * Makes the schema's access lists equal to `grants`, in one transaction.
 *
 * @throws Fault DATABASE_REFUSED when `grants` names what no migration made, or an object is somebody else's.
 */
export async function apply(inputs: GrantsInputs): Promise<void> {
  const wanted = parseLines(inputs.grants);
  await withLockedSession(
    inputs.connection,
    async (client) => {
      await client.query(`SET ROLE ${quoteIdentifier(inputs.owner)}`);
      await inTransaction(client, () => reconcile(client, inputs, wanted));
    },
    { step: "grants" },
  );
}

/** Revoking a verb on a table also takes it from the columns, so what is missing is looked up afterwards. */
async function reconcile(client: Client, inputs: GrantsInputs, wanted: readonly Privilege[]): Promise<void> {
  const before = await readCatalog(client, schemaName, inputs.owner);
  refuseUnknown(before, wanted);
  await run(client, revokeStatements(difference(wanted, before.privileges).surplus, before.names));
  const revoked = await readCatalog(client, schemaName, inputs.owner);
  await run(client, grantStatements(difference(wanted, revoked.privileges).missing, revoked.names));
  const after = await readCatalog(client, schemaName, inputs.owner);
  refuseRest(after, difference(wanted, after.privileges));
}

async function run(client: Client, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await client.query(statements.join(";\n"));
}

function refuseUnknown(catalog: Catalog, wanted: readonly Privilege[]): void {
  const unknown = new Set(wanted.map(objectId).filter((id) => !catalog.names.has(id)));
  if (unknown.size === 0) return;
  throw new Fault({
    code: "DATABASE_REFUSED",
    where: `schema ${schemaName}`,
    problem: `the access matrix names what no migration made: ${[...unknown].join(", ")}.`,
    mend: "add the migration, or take the line out of model/access/matrix.ts.",
  });
}

/** PostgreSQL only warns when a revoke had no effect, which is so for objects and grants of other roles. */
function refuseRest(catalog: Catalog, rest: Difference): void {
  if (rest.missing.length + rest.surplus.length === 0) return;
  const lines = [...rest.missing, ...rest.surplus].flatMap((one) =>
    formatLines([one]).map((line) => `${one.grantee}: ${line}`),
  );
  const owners = catalog.foreign.length === 0 ? "" : ` Not the owner's: ${catalog.foreign.join(", ")}.`;
  throw new Fault({
    code: "DATABASE_REFUSED",
    where: `schema ${schemaName}`,
    problem: `these privileges could not be set: ${lines.join("; ")}.${owners}`,
    mend: "give the objects back to their owner as the superuser: `ALTER … OWNER TO mcp_owner`.",
  });
}

export function changes(olds: GrantsInputs, news: GrantsInputs): { changes: boolean } {
  const keys = ["connection", "owner", "grants", "systemIdentifier", "schemaVersion"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** The inputs as the catalog has them; as they were where the server does not answer. */
export async function observe(inputs: GrantsInputs): Promise<GrantsInputs> {
  try {
    return await withSession(
      inputs.connection,
      async (client) => {
        const { privileges } = await readCatalog(client, schemaName, inputs.owner);
        return { ...inputs, grants: observedLines(inputs.grants, privileges) };
      },
      { step: "grants" },
    );
  } catch (error) {
    if (error instanceof Fault && error.code === "DATABASE_UNREACHABLE") return inputs;
    throw error;
  }
}
