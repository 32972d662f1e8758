import type { Client } from "pg";

/** What a stack says of one MCP client. */
export interface ClientAccount {
  /** `admin`, `user`, `readonly` or `service`. */
  readonly role: string;
  /** Servers that it may use. */
  readonly servers: readonly string[];
  /** Time at which its key ends, ISO 8601; without it the key does not end. */
  readonly expires?: string;
}

/** The key of one client; the key itself never comes here. */
export interface ClientKey {
  /** `<client>.<generation>` */
  readonly keyId: string;
  /** First 8 characters of the key, to recognise it by. */
  readonly prefix: string;
  /** SHA-256 of the whole key in lower-case hex. */
  readonly hash: string;
}

/** Marks the accounts that are written here; `.invalid` is no domain (RFC 2606). */
export const clientDomain = "@clients.invalid";

/** Not a hash of any password: there is no password login. */
export const noPassword = "!";

const permissionPrefix = "server:";

export function permissionsOf(account: ClientAccount): string[] {
  return account.servers.map((server) => `${permissionPrefix}${server}`).toSorted();
}

/** A client with its key, as the database has them. */
export interface ClientRow {
  readonly client: string;
  readonly role: string;
  readonly keyId: string;
  readonly prefix: string;
  readonly hash: string;
  readonly permissions: string[];
  readonly expires: Date | null;
}

/** Active clients with their active keys, whether or not a key has expired. */
export async function activeRows(client: Client): Promise<ClientRow[]> {
  const { rows } = await client.query<ClientRow>(
    `SELECT u.username AS client, u.role, k.key_id AS "keyId", k.key_prefix AS prefix, k.key_hash AS hash,
            coalesce(k.permissions, '{}') AS permissions, k.expires_at AS expires
       FROM users u JOIN api_keys k ON k.created_by = u.id
      WHERE u.email = u.username || $1 AND u.is_active AND k.is_active AND k.revoked_at IS NULL
      ORDER BY u.username, k.key_id`,
    [clientDomain],
  );
  return rows;
}

export function serversOf(permissions: readonly string[]): string[] {
  return permissions
    .filter((permission) => permission.startsWith(permissionPrefix))
    .map((permission) => permission.slice(permissionPrefix.length));
}
