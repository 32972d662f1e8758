import { each, effective, planned, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";
import { runningServer } from "./sections.ts";

const reader = "servers/postgres/reader.ts";
const server = "servers/postgres/postgresServer.ts";

/** `postgres.json` */
export const postgresEffects: Effects = {
  ...runningServer,
  "/database/reader/user": effective(server, "config.database.reader.user", proofs.readerLogin),
  "/database/reader/password": effective(server, "config.database.reader.password", proofs.readerLogin),
  "/database/pool/min": effective(reader, "database.pool.min", proofs.poolIdle),
  "/database/pool/max": effective(reader, "database.pool.max", proofs.poolMax),
  "/database/queryTimeout": effective(reader, "database.queryTimeout", proofs.queryTimeout),
  ...each(planned(parts.retries), ["idleTimeout", "maxRetries", "retryDelay"], "/database/"),
  "/database/maxRows": effective(reader, "database.maxRows", proofs.rowLimit),
  "/database/maxBytes": effective(reader, "database.maxBytes", proofs.byteLimit),
  "/security/queryLogging": effective(reader, "!queryLogging", proofs.statementLog),
  "/security/slowQueryThreshold": effective(reader, ">= slowQueryThreshold", proofs.statementLog),
};
