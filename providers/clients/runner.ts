import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { inTransaction, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import { activeRows, clientDomain, noPassword, permissionsOf, serversOf } from "./rows.ts";
import type { ClientAccount, ClientKey, ClientRow } from "./rows.ts";

export interface ClientsInputs {
  /** Login of the provisioner. */
  readonly connection: Connection;
  /** MCP clients by name. One that is no longer here is revoked, never deleted: its audit rows name it. */
  readonly clients: Readonly<Record<string, ClientAccount>>;
  /** The key of each client. */
  readonly keys: Readonly<Record<string, ClientKey>>;
  /** Identity of the database cluster: with another one everything is written anew. */
  readonly systemIdentifier: string;
}

/**
 * Writes accounts and key hashes in one transaction, and only rows that differ.
 *
 * @throws Fault DATABASE_REFUSED when a client has the name of an account that is not a client's.
 */
export async function apply(inputs: ClientsInputs): Promise<void> {
  await withLockedSession(
    inputs.connection,
    (client) =>
      inTransaction(client, async () => {
        for (const [name, account] of Object.entries(inputs.clients)) {
          const key = inputs.keys[name];
          if (key === undefined) throw new TypeError(`no key for client ${name}`);
          const user = await writeAccount(client, name, account);
          await writeKey(client, user, name, account, key);
        }
        await revokeRest(client, inputs);
      }),
    { step: "clients" },
  );
}

async function writeAccount(client: Client, name: string, account: ClientAccount): Promise<string> {
  const email = name + clientDomain;
  await client.query(
    `INSERT INTO users AS u (username, email, password_hash, role) VALUES ($1, $2, $3, $4)
     ON CONFLICT (username) DO UPDATE SET role = excluded.role, is_active = true, password_hash = excluded.password_hash
     WHERE u.email = excluded.email
       AND (u.role, u.is_active, u.password_hash) IS DISTINCT FROM (excluded.role, true, excluded.password_hash)`,
    [name, email, noPassword, account.role],
  );
  const { rows } = await client.query<{ id: string }>(
    "SELECT id FROM users WHERE username = $1 AND email = $2",
    [name, email],
  );
  if (rows[0] !== undefined) return rows[0].id;
  throw new Fault({
    code: "DATABASE_REFUSED",
    where: `clients.${name}`,
    problem: `table users has an account of that name which is not an MCP client's.`,
    mend: "give the client another name in the stack configuration.",
  });
}

async function writeKey(
  client: Client,
  user: string,
  name: string,
  account: ClientAccount,
  key: ClientKey,
): Promise<void> {
  await client.query(
    `INSERT INTO api_keys AS k (key_id, key_prefix, key_hash, name, permissions, expires_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (key_id) DO UPDATE SET
       key_prefix = excluded.key_prefix, key_hash = excluded.key_hash, name = excluded.name,
       permissions = excluded.permissions, expires_at = excluded.expires_at, created_by = excluded.created_by,
       is_active = true, revoked_at = NULL
     WHERE (k.key_prefix, k.key_hash, k.name, k.permissions, k.expires_at, k.created_by, k.is_active, k.revoked_at)
       IS DISTINCT FROM (excluded.key_prefix, excluded.key_hash, excluded.name, excluded.permissions,
                         excluded.expires_at, excluded.created_by, true, NULL)`,
    [key.keyId, key.prefix, key.hash, name, permissionsOf(account), account.expires ?? null, user],
  );
}

/** Keys of clients that are not among `keys` any more, then accounts that are not among `clients`. */
async function revokeRest(client: Client, inputs: ClientsInputs): Promise<void> {
  const names = Object.keys(inputs.clients);
  const keyIds = names.map((name) => inputs.keys[name]!.keyId);
  await client.query(
    `UPDATE api_keys k SET is_active = false, revoked_at = least(k.revoked_at, now()) FROM users u
      WHERE k.created_by = u.id AND u.email = u.username || $1 AND k.is_active AND NOT (k.key_id = ANY ($2))`,
    [clientDomain, keyIds],
  );
  await client.query(
    "UPDATE users SET is_active = false WHERE email = username || $1 AND is_active AND NOT (username = ANY ($2))",
    [clientDomain, names],
  );
}

export function changes(olds: ClientsInputs, news: ClientsInputs): { changes: boolean } {
  const keys = ["connection", "clients", "keys", "systemIdentifier"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** The inputs as the tables have them; as they were where the server does not answer. */
export async function observe(inputs: ClientsInputs): Promise<ClientsInputs> {
  try {
    const rows = await withSession(inputs.connection, activeRows, { step: "clients" });
    return {
      ...inputs,
      clients: Object.fromEntries(
        rows.map((row) => [row.client, accountOf(row, inputs.clients[row.client])]),
      ),
      keys: Object.fromEntries(
        rows.map(({ client, keyId, prefix, hash }) => [client, { keyId, prefix, hash }]),
      ),
    };
  } catch (error) {
    if (error instanceof Fault && error.code === "DATABASE_UNREACHABLE") return inputs;
    throw error;
  }
}

/** Keeps what is written in another way but says the same: the order of servers, the form of a time. */
function accountOf(row: ClientRow, written: ClientAccount | undefined): ClientAccount {
  const observed = serversOf(row.permissions);
  const same = written !== undefined && isDeepStrictEqual(permissionsOf(written), row.permissions.toSorted());
  const servers = same ? written.servers : observed;
  if (row.expires === null) return { role: row.role, servers };
  const kept = written?.expires !== undefined && Date.parse(written.expires) === row.expires.getTime();
  return { role: row.role, servers, expires: kept ? written.expires : row.expires.toISOString() };
}
