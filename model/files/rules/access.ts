import { isIP } from "node:net";
import { serverNames } from "#model/names.ts";
import { placeAt } from "#model/files/place.ts";
import { at, eachItem, eachKey, rule, type Rule, type Violation } from "./rule.ts";

const rules = "/access/authorization/resourceBased/rules";
const roles = "/access/authorization/roles";

const limits = serverNames.map((server) => placeAt(server, "/security/rateLimit"));

const origins = [
  ...serverNames.map((server) => placeAt(server, "/security/allowedOrigins")),
  ...at("filesystem", "/security/cors/origins"),
];

export const accessRules: readonly Rule[] = [
  rule(
    "client-networks",
    {
      sentence:
        "Rules ask for networks only where servers see their clients' own addresses, not one gateway's for all.",
      mend: "Publish on an address of a network (network.publish), name the proxies in front of the servers (files.access.access.trustedProxies.networks), or ask for no networks.",
    },
    at("access", rules, "/access/trustedProxies/networks"),
    ({ values: { access }, facts, deployment: { publishedOn = "" } }) => {
      const { trustedProxies, authorization } = access.access;
      if (!isLoopback(publishedOn) || trustedProxies.networks.length > 0) return [];
      const asking = authorization.resourceBased.rules.map(({ conditions: { ip } }) => ip);
      const places = asking.flatMap((ip, index) =>
        ip.length === 0 ? [] : at("access", `${rules}/${String(index)}/conditions/ip`),
      );
      if (places.length === 0) return [];
      const problem = `on ${publishedOn} every client has the address of the engine's gateway, so that a network would let in all or none.`;
      const stack = asking.flat().every((network) => facts.networks.includes(network));
      return [{ places, problem, ...(stack && { setting: "network.clients" }) }];
    },
    { deployed: true },
  ),
  rule(
    "roles-exist",
    {
      sentence: "Roles that rules name exist.",
      mend: "Name a role that access.json describes, or describe that one.",
    },
    at("access", rules, roles),
    ({ values: { access } }) => {
      const { resourceBased, roles: known } = access.access.authorization;
      return resourceBased.rules.flatMap((each, index) =>
        each.roles.flatMap((role, item): Violation[] => {
          if (Object.hasOwn(known, role)) return [];
          const place = placeAt("access", `${rules}/${String(index)}/roles/${String(item)}`);
          return [
            { places: [place], problem: `${role} is no role; there are ${Object.keys(known).join(", ")}.` },
          ];
        }),
      );
    },
  ),
  rule(
    "client-roles",
    {
      sentence: "The role of every client is described.",
      mend: "Describe the role in access.json, or give the client another one.",
    },
    at("access", roles),
    ({ values: { access }, deployment }) => {
      const known = access.access.authorization.roles;
      const places = at("access", roles);
      return Object.entries(deployment.roles)
        .filter(([, role]) => !Object.hasOwn(known, role))
        .map(([client, role]) => ({ places, problem: `lacks ${role}, the role of the client ${client}.` }));
    },
    { deployed: true },
  ),
  eachKey(
    "allowed-users",
    {
      sentence: "Users that a server allows are clients of the stack.",
      mend: "Name clients that the stack has (clients.NAME), or add that one.",
    },
    serverNames.map((server) => placeAt(server, "/security/allowedUsers")),
    (value, { facts }) => {
      const clients = Object.keys(facts.clients);
      return eachItem(value, (user) =>
        clients.includes(user)
          ? undefined
          : `${user} is no client of the stack, which has ${clients.join(", ")}.`,
      );
    },
  ),
  eachKey(
    "rate-limits",
    {
      sentence: "A limit that is in force lets at least one call pass.",
      mend: "Allow at least one call, or switch the limit off.",
    },
    [...limits, placeAt("access", "/access/rateLimit")],
    (value) => {
      const limit = value as Readonly<Record<string, unknown>>;
      if (limit["enabled"] !== true) return undefined;
      return ["requestsPerMinute", "burst", "maxRequests", "windowMs"]
        .filter((name) => typeof limit[name] === "number" && limit[name] < 1)
        .map((name) => ({ inside: [name], problem: `${String(limit[name])} lets no call pass.` }));
    },
  ),
  eachKey(
    "cors-origins",
    {
      sentence: "Origins of web pages are URLs of scheme and host, without wildcard and path.",
      mend: "Write it as browsers send it: https://app.example or http://localhost:3000.",
    },
    origins,
    (value) => eachItem(value, (origin) => (isOrigin(origin) ? undefined : `${origin} is no origin.`)),
  ),
  eachKey(
    "networks",
    {
      sentence: "Networks are written in CIDR, with the first address of the network.",
      mend: "Write the network's first address, such as 192.168.1.0/24.",
    },
    at("access", rules),
    (value) =>
      (value as readonly { readonly conditions?: { readonly ip?: readonly string[] } }[]).flatMap(
        (each, index) =>
          (each.conditions?.ip ?? []).flatMap((network, item) => {
            const problem = networkProblem(network);
            const inside = [String(index), "conditions", "ip", String(item)];
            return problem === undefined ? [] : [{ inside, problem }];
          }),
      ),
  ),
];

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && ["http:", "https:"].includes(url.protocol) && url.origin === text;
}

function networkProblem(text: string): string | undefined {
  const [address = "", bits = ""] = text.split("/");
  const family = isIP(address);
  const width = family === 4 ? 32 : 128;
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > width) return `${text} is no network.`;
  const host = BigInt(width - Number(bits));
  const rest = numberOf(address, family) & ((1n << host) - 1n);
  return rest === 0n ? undefined : `${text} has bits set beyond the first ${bits}.`;
}

function numberOf(address: string, family: number): bigint {
  if (family === 4) return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  // The URL parser writes every form of an address in one way, with hexadecimal groups only.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => "0"), ...groups(tail)];
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}
