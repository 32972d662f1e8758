import { permissions } from "#model/files/schema/access.ts";

/** What tools declare and roles are given, as OAuth scopes. */
export const scopes = permissions.filter((permission) => permission !== "*");

/**
 * `WWW-Authenticate` of a 401 (RFC 6750, 9728): how to authenticate, and what was wrong.
 *
 * @param metadata URL of the resource's metadata
 * @param problem where a credential was sent; printable ASCII without quotes
 */
export function challenge(metadata: string, problem?: string): string {
  const error = problem === undefined ? [] : [`error="invalid_token"`, `error_description="${problem}"`];
  const parts = [
    `realm="kilocode-mcp"`,
    ...error,
    `scope="${scopes.join(" ")}"`,
    `resource_metadata="${metadata}"`,
  ];
  return `Bearer ${parts.join(", ")}`;
}
