import { asSource, effective, type Effects } from "./effect.ts";
import { proofs } from "./proofs.ts";
import { limitProofs } from "./proofs/limits.ts";
import { proofs as observed } from "./proofs/observe.ts";

const outputs = "servers/runtime/logging/logOutputs.ts";

/* Keys that the files of several servers have. */

/** A server that runs obeys the keys that the runtime knows. */
export const runningServer: Effects = {
  "/server/port": effective("servers/runtime/runServer.ts", "loaded.config.server.port", proofs.onlyTls),
  "/server/host": effective("servers/runtime/runServer.ts", "loaded.config.server.host", proofs.onlyTls),
  "/server/logLevel": asSource,
  "/server/timeout": effective("servers/runtime/mcpHandler.ts", "config.server.timeout", proofs.callTimeout),
  "/server/maxConnections": effective(
    "servers/runtime/httpServer.ts",
    "config.server.maxConnections",
    proofs.connections,
  ),
  "/server/enableCompression": effective(
    "servers/runtime/httpServer.ts",
    "config.server.enableCompression",
    limitProofs.compression,
  ),
  "/server/maxRequestSize": effective(
    "servers/runtime/httpServer.ts",
    "config.server.maxRequestSize",
    proofs.requestSize,
  ),
  "/server/enableSSL": asSource,
  "/database/connectionString": effective(
    "servers/runtime/databasePool.ts",
    "database.connectionString",
    proofs.ownLogin,
  ),
  "/database/password": effective(
    "servers/runtime/loadConfig.ts",
    "config.database.password",
    proofs.ownLogin,
  ),
  "/database/pool/serviceMax": effective(
    "servers/runtime/serviceDatabase.ts",
    "config.database.pool.serviceMax",
    proofs.servicePool,
  ),
  "/database/pool/idleTimeoutMillis": effective(
    "servers/runtime/databasePool.ts",
    "database.pool.idleTimeoutMillis",
    proofs.poolIdle,
  ),
  "/database/pool/connectionTimeoutMillis": effective(
    "servers/runtime/databasePool.ts",
    "database.pool.connectionTimeoutMillis",
    proofs.poolWait,
  ),
  "/database/pool/maxUses": effective(
    "servers/runtime/databasePool.ts",
    "database.pool.maxUses",
    proofs.poolUses,
  ),
  "/database/ssl/rejectUnauthorized": effective(
    "servers/runtime/databasePool.ts",
    "rejectUnauthorized: true",
    proofs.databaseCa,
  ),
  "/database/ssl/ca": effective("servers/runtime/loadConfig.ts", "config.database.ssl.ca", proofs.databaseCa),
  "/security/enableAuthentication": effective(
    "servers/runtime/authenticate.ts",
    "config.security.enableAuthentication",
    proofs.noKeyNoEntry,
  ),
  "/security/enableAuthorization": effective(
    "servers/runtime/access/permissions.ts",
    "config.security.enableAuthorization",
    proofs.noPermission,
  ),
  // The list is that of the clients' permissions in the database, which is where the server looks.
  "/security/allowedUsers": effective(
    "servers/runtime/authenticate.ts",
    "caller.servers.includes(server)",
    proofs.otherServer,
  ),
  "/security/allowedHosts": effective(
    "servers/runtime/requestOrigin.ts",
    "security.allowedHosts",
    proofs.foreignHosts,
  ),
  "/security/allowedOrigins": effective(
    "servers/runtime/requestOrigin.ts",
    "security.allowedOrigins",
    proofs.foreignHosts,
  ),
  "/security/rateLimit/enabled": effective(
    "servers/runtime/limits/admitCall.ts",
    "!rate.enabled",
    limitProofs.toolRate,
  ),
  "/security/rateLimit/requestsPerMinute": effective(
    "servers/runtime/limits/tokenBuckets.ts",
    "60_000 / requestsPerMinute",
    limitProofs.toolRate,
  ),
  "/security/rateLimit/burst": effective(
    "servers/runtime/limits/tokenBuckets.ts",
    "Math.min(burst",
    limitProofs.toolRate,
  ),
  "/logging/enabled": effective("servers/runtime/log.ts", "config.logging.enabled", proofs.ownLog),
  "/logging/level": effective("servers/runtime/log.ts", "config.logging.level", proofs.ownLog),
  "/logging/format": effective("servers/runtime/log.ts", "pino(", proofs.logLines),
  "/logging/file": effective(outputs, "own.file", observed.ownFile),
  "/logging/maxSize": effective(outputs, "config.logging.maxSize", observed.rotation),
  "/logging/maxFiles": effective(outputs, "config.logging.maxFiles", observed.rotation),
  "/logging/compress": effective(outputs, "config.logging.compress", observed.rotation),
};
