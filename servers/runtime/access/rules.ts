import type { AccessConfig } from "#servers/runtime/commonConfig.ts";
import type { Permission } from "#servers/runtime/tool.ts";
import { withinHours } from "./hours.ts";
import { networksOf } from "./networks.ts";

type ResourceRules = AccessConfig["authorization"]["resourceBased"];

/** What a rule may look at. */
export interface Circumstances {
  /** Name of the server. */
  readonly server: string;
  readonly role: string;
  /** Of the client, see `clientAddress`. */
  readonly address: string;
  readonly now: Date;
}

/** Why a kind of action is not allowed here and now; undefined if it is. A call must satisfy each rule about it. */
export function ruleAgainst(
  { enabled, rules }: ResourceRules,
  action: Permission,
  { server, role, address, now }: Circumstances,
): "network" | "hours" | undefined {
  if (!enabled) return undefined;
  for (const { resource, actions, roles, conditions } of rules) {
    if (resource !== server || !actions.includes(action)) continue;
    if (roles.length > 0 && !roles.includes(role)) continue;
    const { ip, time, timeZone } = conditions;
    if (ip.length > 0 && !networksOf(ip).contains(address)) return "network";
    if (time.length > 0 && !withinHours(time, timeZone, now)) return "hours";
  }
  return undefined;
}
