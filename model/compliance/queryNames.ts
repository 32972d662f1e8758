import type { FixName } from "./fixNames.ts";

/**
 * Queries that a rule can name; a rule holds if its query finds nothing. `fix` mends what is found; `days` says
 * that the rule gives a number of days.
 */
export const namedQueries = {
  "surplus-grants": { finds: "privileges that the access matrix does not have", fix: "revoke-grant" },
  "missing-grants": { finds: "privileges of the access matrix that are not there" },
  "foreign-objects": { finds: "objects of the schema that its owner does not own" },
  "role-attributes": { finds: "roles other than the superuser with SUPERUSER, CREATEROLE and the like" },
  "unknown-logins": { finds: "logins that no deployment makes" },
  memberships: { finds: "memberships other than those of the deployment's logins in their groups" },
  "public-databases": { finds: "databases that PUBLIC may use" },
  "public-schemas": { finds: "schemas in which PUBLIC may create, and what it may in schema public" },
  "public-languages": { finds: "languages in which PUBLIC may write code" },
  "public-system-functions": { finds: "functions with effects that PUBLIC may call" },
  "loose-definer-functions": { finds: "functions with their owner's rights and no search_path of their own" },
  "expired-keys": { finds: "API keys that have expired and are still active", fix: "deactivate-key" },
  "old-keys": { finds: "active API keys that are older", days: true },
  "unused-keys": { finds: "active API keys that nobody has used for longer", days: true },
  "idle-accounts": { finds: "active accounts of clients without a key", fix: "deactivate-account" },
  "password-accounts": { finds: "accounts with a password, which nothing here asks for" },
  retention: { finds: "tables whose rows are kept for another time than deployed", fix: "set-retention" },
  maintenance: { finds: "maintenance that did not run within two hours, or had problems" },
  "audit-guards": { finds: "records without the triggers that keep them from being changed" },
  "unknown-extensions": { finds: "extensions that no deployment makes" },
  "outdated-extensions": { finds: "extensions older than the installed package" },
  "pending-settings": { finds: "settings that wait for a restart" },
  "role-settings": { finds: "settings of roles and databases that override postgresql.conf" },
  "silent-servers": { finds: "servers that run and have given no sign of life for a while" },
} as const satisfies Readonly<
  Record<string, { readonly finds: string; readonly fix?: FixName; readonly days?: true }>
>;

export type QueryName = keyof typeof namedQueries;
export const queryNames = Object.keys(namedQueries) as QueryName[];

/** The fix of what a query finds, if there is one. */
export function fixOf(query: QueryName): FixName | undefined {
  const entry = namedQueries[query];
  return "fix" in entry ? entry.fix : undefined;
}

export function takesDays(query: QueryName): boolean {
  return "days" in namedQueries[query];
}
