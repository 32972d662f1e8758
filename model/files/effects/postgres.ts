import { effective, type Effects } from "./effect.ts";
import { proofs } from "./proofs.ts";
import { postgresProofs } from "./proofs/postgres.ts";
import { runningServer } from "./sections.ts";

const reader = "servers/postgres/reader.ts";
const statementLog = "servers/postgres/statementLog.ts";
const writer = "servers/postgres/writer.ts";
const server = "servers/postgres/postgresServer.ts";
const readerLogin = effective(server, "furtherLogin(loaded, config.database.reader)", proofs.readerLogin);
const writerLogin = effective(
  server,
  "furtherLogin(loaded, config.database.writer)",
  postgresProofs.writerLogin,
);

/** `postgres.json` */
export const postgresEffects: Effects = {
  ...runningServer,
  "/database/reader/user": readerLogin,
  "/database/reader/password": readerLogin,
  "/database/writer/user": writerLogin,
  "/database/writer/password": writerLogin,
  "/database/writer/maxSize": effective(writer, "database.writer.maxSize", postgresProofs.writerSize),
  "/database/pool/writerMax": effective(writer, "database.pool.writerMax", postgresProofs.writerPool),
  "/database/pool/min": effective(reader, "database.pool.min", proofs.poolIdle),
  "/database/pool/max": effective(reader, "database.pool.max", proofs.poolMax),
  "/database/queryTimeout": effective(reader, "database.queryTimeout", proofs.queryTimeout),
  "/database/idleTimeout": effective(
    "servers/postgres/sessionSettings.ts",
    "database.idleTimeout",
    postgresProofs.idleTimeout,
  ),
  "/database/maxRetries": effective(reader, "maxRetries, retryDelay", postgresProofs.retries),
  "/database/retryDelay": effective(reader, "maxRetries, retryDelay", postgresProofs.retries),
  "/database/maxRows": effective(reader, "database.maxRows", proofs.rowLimit),
  "/database/maxBytes": effective(reader, "database.maxBytes", proofs.byteLimit),
  "/security/queryLogging": effective(statementLog, "!queryLogging", proofs.statementLog),
  "/security/slowQueryThreshold": effective(statementLog, ">= slowQueryThreshold", proofs.statementLog),
};
