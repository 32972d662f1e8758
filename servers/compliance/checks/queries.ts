import type { QueryName } from "#model/compliance/queryNames.ts";
import * as account from "./accountQueries.ts";
import * as grant from "./grantQueries.ts";
import type { NamedQuery } from "./namedQuery.ts";
import * as role from "./roleQueries.ts";
import * as state from "./stateQueries.ts";

/** Every query that a rule can name; there is no other way from a rule to SQL. */
const queries: Readonly<Record<QueryName, NamedQuery>> = {
  "surplus-grants": grant.surplusGrants,
  "missing-grants": grant.missingGrants,
  "foreign-objects": grant.foreignObjects,
  "role-attributes": role.roleAttributes,
  "unknown-logins": role.unknownLogins,
  memberships: role.memberships,
  "public-databases": role.publicDatabases,
  "public-schemas": role.publicSchemas,
  "public-languages": role.publicLanguages,
  "public-system-functions": role.publicSystemFunctions,
  "loose-definer-functions": state.looseDefinerFunctions,
  "expired-keys": account.expiredKeys,
  "old-keys": account.oldKeys,
  "unused-keys": account.unusedKeys,
  "idle-accounts": account.idleAccounts,
  "password-accounts": account.passwordAccounts,
  retention: state.retention,
  maintenance: state.maintenance,
  "audit-guards": state.auditGuards,
  "unknown-extensions": state.unknownExtensions,
  "outdated-extensions": state.outdatedExtensions,
  "pending-settings": state.pendingSettings,
  "role-settings": state.roleSettings,
  "silent-servers": state.silentServers,
};

export function namedQuery(name: QueryName): NamedQuery {
  return queries[name];
}
