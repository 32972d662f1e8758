import { schemaName } from "#model/names.ts";
import type { NamedQuery } from "./namedQuery.ts";
import { texts } from "./namedQuery.ts";

/** A key that opens something now. */
const usable = `k.is_active AND (k.revoked_at IS NULL OR k.revoked_at > clock_timestamp())
  AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())`;

export const expiredKeys: NamedQuery = async (session) => {
  const { rows } = await session.query<{ key: string; ended: string }>(
    `SELECT k.key_id AS key, to_char(k.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS ended
       FROM ${schemaName}.api_keys AS k WHERE k.is_active AND k.expires_at <= clock_timestamp() ORDER BY 1`,
  );
  return rows.map(({ key, ended }) => ({
    text: `key ${key} expired on ${ended} and is still active`,
    target: { key_id: key },
  }));
};

export const oldKeys = texts(
  `SELECT format('key %s is %s days old', k.key_id, extract(day FROM clock_timestamp() - k.created_at)) AS text
     FROM ${schemaName}.api_keys AS k
    WHERE ${usable} AND k.created_at < clock_timestamp() - make_interval(days => $1) ORDER BY 1`,
  ({ days }) => [days],
);

export const unusedKeys = texts(
  `SELECT format('key %s was last used %s', k.key_id,
            coalesce(to_char(k.last_used AT TIME ZONE 'UTC', '"on" YYYY-MM-DD'), 'never')) AS text
     FROM ${schemaName}.api_keys AS k
    WHERE ${usable} AND greatest(k.last_used, k.created_at) < clock_timestamp() - make_interval(days => $1) ORDER BY 1`,
  ({ days }) => [days],
);

/** Accounts of clients; people's are somebody else's matter. */
export const idleAccounts: NamedQuery = async (session) => {
  const { rows } = await session.query<{ name: string }>(
    `SELECT u.username AS name FROM ${schemaName}.users AS u
      WHERE u.is_active AND u.email = u.username || '@clients.invalid'
        AND NOT EXISTS (SELECT FROM ${schemaName}.api_keys AS k WHERE k.created_by = u.id AND ${usable}) ORDER BY 1`,
  );
  return rows.map(({ name }) => ({
    text: `account ${name} is active and no key speaks for it`,
    target: { username: name },
  }));
};

export const passwordAccounts = texts(
  `SELECT format('account %s has a password', u.username) AS text FROM ${schemaName}.users AS u
    WHERE u.is_active AND ${schemaName}.account_has_password(u.id) ORDER BY 1`,
);
