import { serverNames } from "#model/names.ts";
import { entryOrigins, environmentOrigins } from "./clientOrigins.ts";
import { copy, fact, fixed, inherit, usual, type Origin } from "./origin.ts";
import { placeAt, stackKey, type Place } from "./place.ts";
import { reasons } from "./reasons.ts";
import { atMost, serverOrigins } from "./serverOrigins.ts";

/** Every fact that stands in more than one place, and every value that follows from the stack's settings. */
export const origins: readonly Origin[] = [
  ...serverNames.flatMap(serverOrigins),
  ...serverNames.flatMap(entryOrigins),
  // postgres.json, memory.json
  fact("postgres", "/database/reader/user", "rotation.database", ({ database }) => database.users.reader),
  fact("postgres", "/database/writer/user", "rotation.database", ({ database }) => database.users.writer),
  fact("postgres", "/database/pool/max", "postgres.maxConnections", ({ database }) => database.poolSize),
  fact("memory", "/database/pool/max", "postgres.maxConnections", ({ database }) => database.poolSize),
  atMost("postgres", "/database/queryTimeout", "/server/timeout"),
  atMost("postgres", "/security/slowQueryThreshold", "/database/queryTimeout"),
  usual("postgres", "/database/pool/min", "postgres.maxConnections", ({ database }) =>
    Math.min(2, database.poolSize),
  ),
  usual("memory", "/database/pool/min", "postgres.maxConnections", ({ database }) =>
    Math.min(2, database.poolSize),
  ),
  fixed("memory", "/database/vectorDbPath", reasons.mounted),
  fixed("memory", "/database/backupsPath", reasons.mounted),
  copy("memory", "/database/maxSize", "memory", "/memory/maxItems"),
  copy("memory", "/database/encryption", "memory", "/security/dataEncryption/enabled"),
  fact(
    "memory",
    "/memory/embeddingDimension",
    "postgres.embeddingDimension",
    (facts) => facts.embeddingDimension,
  ),
  fixed("memory", "/security/dataEncryption/keys", reasons.mounted),
  // filesystem.json, compliance.json
  copy("filesystem", "/security/allowedOrigins", "filesystem", "/security/cors/origins"),
  {
    ...inherit("filesystem", "/filesystem/allowedPaths", "filesystem", "/filesystem/root"),
    value: ({ mounts }, of) => [
      ...new Set([of(placeAt("filesystem", "/filesystem/root")), "/tmp", ...mounts.filesystem]),
    ],
  },
  fact("compliance", "/database/fixer/user", "rotation.database", ({ database }) => database.users.fixer),
  fixed("compliance", "/compliance/rulesPath", reasons.mounted),
  fixed("compliance", "/compliance/reportsPath", reasons.mounted),
  usual("compliance", "/compliance/notificationChannels", "secrets", ({ secrets }) => [
    ...(secrets.includes("smtp") ? ["email"] : []),
    ...(secrets.includes("slack") ? ["slack"] : []),
  ]),
  fact(
    "compliance",
    "/security/auditRetention",
    "postgres.retention.auditLogs",
    ({ retention }) => retention.auditLogs,
  ),
  // ssl.json, access.json, metrics.json, logging.json
  fixed("ssl", "/ssl/enabled", reasons.tls),
  fixed("ssl", "/ssl/certPath", reasons.mounted),
  fixed("ssl", "/ssl/keyPath", reasons.mounted),
  fixed("access", "/access/authentication/enabled", reasons.entrance),
  fixed("access", "/access/authentication/jwt/secret", reasons.mounted),
  fixed("access", "/access/authentication/apiKey/prefix", reasons.keys),
  fixed("access", "/access/authentication/apiKey/length", reasons.keys),
  usual("access", "/access/authorization/resourceBased/rules", "network.clients", ({ networks }) =>
    // The specification has one rule; networks of clients hold for whatever they do.
    (networks.length === 0 ? (["filesystem"] as const) : serverNames).map((resource) => ({
      resource,
      actions: networks.length === 0 ? ["read", "write"] : ["read", "write", "execute"],
      roles: [],
      conditions: { ip: networks, time: [], timeZone: "UTC" },
    })),
  ),
  {
    ...inherit("access", "/access/rateLimit/skip", "metrics", "/metrics/endpoints/health/path"),
    value: (_, of) => [
      of(placeAt("metrics", "/metrics/endpoints/health/path")),
      of(placeAt("metrics", "/metrics/path")),
    ],
  },
  fact(
    "metrics",
    "/metrics/retentionDays",
    "postgres.retention.systemMetrics",
    ({ retention }) => retention.systemMetrics,
  ),
  copy("metrics", "/metrics/endpoints/prometheus/path", "metrics", "/metrics/path"),
  fixed("logging", "/logging/directory", reasons.mounted),
  copy("logging", "/logging/file/path", "logging", "/logging/directory"),
  fixed("logging", "/logging/logstash/ssl/caCert", reasons.mounted),
  fact(
    "logging",
    "/logging/elasticsearch/auth/password",
    "secrets.elasticsearch",
    () => "file:/run/kilocode/secrets/elasticsearch",
  ),
  fact("logging", "/logging/fields/environment", "environment", ({ environment }) => environment),
  fixed("logging", "/logging/fields/version", "it is the version of this project", ({ version }) => version),
  // mcp.json
  copy("mcp", "/globalSettings/logLevel", "logging", "/logging/level"),
  copy("mcp", "/globalSettings/enableMetrics", "metrics", "/metrics/enabled"),
  copy("mcp", "/globalSettings/metricsPort", "metrics", "/metrics/port"),
  copy("mcp", "/globalSettings/enableSSL", "ssl", "/ssl/enabled"),
  copy("mcp", "/globalSettings/sslCertPath", "ssl", "/ssl/certPath"),
  copy("mcp", "/globalSettings/sslKeyPath", "ssl", "/ssl/keyPath"),
  ...environmentOrigins(),
];

const byPlace = new Map(origins.map((origin) => [stackKey(origin.place), origin]));

/** Where the value of a key comes from; undefined for a key that has a default of its own. */
export function originOf(place: Place): Origin | undefined {
  return byPlace.get(stackKey(place));
}

/** The stack key that changes a derived key, by whatever way it is derived; undefined if none does. */
export function settingOf(origin: Origin): string | undefined {
  if (!origin.source) return origin.setting;
  const further = originOf(origin.source);
  return further?.kind === "derived" ? settingOf(further) : stackKey(origin.source);
}

/** Why a derived key cannot be changed at all. */
export function reasonOf(origin: Origin): string | undefined {
  if (!origin.source) return origin.reason;
  const further = originOf(origin.source);
  return further && reasonOf(further);
}
