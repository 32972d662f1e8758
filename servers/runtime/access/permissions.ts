import type { AccessConfig, CommonConfig } from "#servers/runtime/commonConfig.ts";
import type { Permission, ToolCall } from "#servers/runtime/tool.ts";
import { ruleAgainst } from "./rules.ts";

interface Settings {
  readonly access: AccessConfig;
  readonly config: Pick<CommonConfig, "security">;
}

/** Why a caller may not use a kind of tool now; undefined if it may. The words go to the caller. */
export function refusedPermission(
  server: string,
  permission: Permission,
  { caller, address }: Pick<ToolCall, "caller" | "address">,
  { access, config }: Settings,
  now: Date = new Date(),
): string | undefined {
  if (caller.stale === true && permission !== "read")
    return "only reading goes on while the database is away";
  if (!access.authorization.enabled || !config.security.enableAuthorization) return undefined;
  const permissions = access.authorization.roles[caller.role]?.permissions ?? [];
  if (!permissions.includes("*") && !permissions.includes(permission)) {
    return `the role ${caller.role} has no permission to ${permission}`;
  }
  const { resourceBased } = access.authorization;
  const against = ruleAgainst(resourceBased, permission, { server, role: caller.role, address, now });
  if (against === "network") return `the role ${caller.role} may not ${permission} from ${address}`;
  if (against === "hours") return `the role ${caller.role} may not ${permission} at this hour`;
  return undefined;
}
