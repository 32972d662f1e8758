import { readCatalog } from "#model/access/catalog.ts";
import { difference } from "#model/access/difference.ts";
import { expectedPrivileges } from "#model/access/matrix.ts";
import { formatLines } from "#model/access/privilege.ts";
import type { Privilege } from "#model/access/privilege.ts";
import { roles, schemaName } from "#model/names.ts";
import type { NamedQuery } from "./namedQuery.ts";
import type { Finding } from "./outcome.ts";

/** Kinds of objects that `mcp.plan_revoke_grant` can name. */
const mendable = new Set(["schema", "table", "sequence", "function"]);

/** What is granted and not in the access matrix; owners' own apart. */
export const surplusGrants: NamedQuery = async (session) => {
  const { privileges } = await readCatalog(session, schemaName, roles.owner);
  return difference(expectedPrivileges(), privileges).surplus.map(surplus);
};

export const missingGrants: NamedQuery = async (session) => {
  const { privileges } = await readCatalog(session, schemaName, roles.owner);
  const { missing } = difference(expectedPrivileges(), privileges);
  return missing.map((privilege) => ({
    text: `${privilege.grantee} lacks ${formatLines([privilege]).join()}`,
  }));
};

export const foreignObjects: NamedQuery = async (session) => {
  const { foreign } = await readCatalog(session, schemaName, roles.owner);
  return foreign.map((text) => ({ text }));
};

function surplus(privilege: Privilege): Finding {
  const text = `${privilege.grantee} has ${formatLines([privilege]).join()}`;
  const { grantee, kind, object, verb, column } = privilege;
  if (!mendable.has(kind)) return { text };
  return { text, target: { grantee, kind, object, verb, ...(column === undefined ? {} : { column }) } };
}
