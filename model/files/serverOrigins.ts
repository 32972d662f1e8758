import type { ServerName } from "#model/names.ts";
import type { FileFacts } from "./facts.ts";
import { copy, fact, fixed, inherit, type Origin } from "./origin.ts";
import { leafAt } from "./leaves.ts";
import { placeAt } from "./place.ts";
import { reasons } from "./reasons.ts";

/** The keys that the file of every server has. */
export function serverOrigins(server: ServerName): Origin[] {
  const clients = (facts: FileFacts) =>
    Object.keys(facts.clients)
      .filter((name) => facts.clients[name]?.includes(server))
      .sort();
  const address = ({ database }: FileFacts) =>
    `postgresql://${database.users[server]}@${database.host}:${String(database.port)}/${database.name}`;
  return [
    fixed(
      server,
      "/server/port",
      `the container's port is fixed; servers.${server}.port is the one on the host`,
      ({ ports }) => ports[server],
    ),
    fixed(server, "/server/host", "other containers reach the server by it"),
    inherit(server, "/server/timeout", "mcp", "/globalSettings/requestTimeout"),
    inherit(server, "/server/enableCompression", "mcp", "/globalSettings/enableCompression"),
    inherit(server, "/server/maxRequestSize", "mcp", "/globalSettings/maxRequestSize"),
    copy(server, "/server/logLevel", server, "/logging/level"),
    copy(server, "/server/enableSSL", "ssl", "/ssl/enabled"),
    fact(server, "/database/connectionString", "rotation.database", address),
    fixed(server, "/database/password", reasons.mounted),
    atMost(server, "/database/pool/connectionTimeoutMillis", "/server/timeout"),
    fixed(server, "/database/ssl/rejectUnauthorized", reasons.tls),
    fixed(server, "/database/ssl/ca", reasons.mounted),
    fact(server, "/security/enableAuthentication", `servers.${server}.authentication`, () => true),
    fixed(server, "/security/enableAuthorization", "what a caller may do follows from its role"),
    fact(server, "/security/allowedUsers", "clients.NAME.servers", clients),
    fact(server, "/security/allowedHosts", "network.hostnames", ({ hosts }) => [
      ...new Set(["localhost", "127.0.0.1", "[::1]", ...hosts[server]]),
    ]),
    ...(["enabled", "level", "format", "maxSize", "maxFiles", "compress"] as const).map((name) =>
      inherit(server, `/logging/${name}`, "logging", `/logging/${name}`),
    ),
    {
      ...copy(server, "/logging/file", "logging", "/logging/directory"),
      value: (_, of) => `${String(of(placeAt("logging", "/logging/directory")))}/${server}.log`,
    },
  ];
}

/** As the schema has it, but never more than another key of the file: whoever shortens that need not know this one. */
export function atMost(server: ServerName, pointer: string, limitPointer: string): Origin {
  const usual = Number(leafAt(placeAt(server, pointer))?.default);
  return {
    ...inherit(server, pointer, server, limitPointer),
    value: (_, of) => Math.min(usual, Number(of(placeAt(server, limitPointer)))),
  };
}
