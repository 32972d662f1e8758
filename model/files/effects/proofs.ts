import type { Proof } from "./effect.ts";

const servers = "test/integration/servers";
const unit = "test/unit";

/** A test that proves the effect of several keys. */
function proof(file: string, test: string): Proof {
  return { file, test };
}

export const proofs = {
  // The postgres server, as a process with its files.
  callTimeout: proof(`${servers}/effectsPostgres.test.ts`, "server.timeout ends a call that takes longer"),
  poolMax: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.pool.max is the most connections that run callers' SQL",
  ),
  poolIdle: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.pool.idleTimeoutMillis closes idle connections, and pool.min keeps some",
  ),
  poolWait: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.pool.connectionTimeoutMillis ends the wait for a connection",
  ),
  poolUses: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.pool.maxUses closes a connection after so many uses",
  ),
  servicePool: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.pool.serviceMax is the most connections of the server's own login",
  ),
  ownLogin: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.connectionString and password are the server's own login",
  ),
  databaseCa: proof(
    `${servers}/effectsPostgres.test.ts`,
    "database.ssl.ca says which PostgreSQL gets the password",
  ),
  statementLog: proof(
    `${servers}/effectsPostgres.test.ts`,
    "security.slowQueryThreshold and queryLogging say which statements are logged",
  ),
  ownLog: proof(
    `${servers}/effectsPostgres.test.ts`,
    "logging.enabled and logging.level say what the server logs",
  ),
  queryTimeout: proof(`${servers}/queries.test.ts`, "end a statement at the query time-out"),
  rowLimit: proof(`${servers}/queries.test.ts`, "report the row limit, the server's or the call's"),
  byteLimit: proof(`${servers}/queries.test.ts`, "report the byte limit, also of one huge value, and go on"),
  readerLogin: proof(`${servers}/lifecycle.test.ts`, "goes over to another login without failing a call"),
  connections: proof(
    `${servers}/entrance.test.ts`,
    "accepts no more connections than configured, and serves again when some are closed",
  ),
  requestSize: proof(`${servers}/entrance.test.ts`, "takes no request beyond the configured size"),
  foreignHosts: proof(
    `${servers}/entrance.test.ts`,
    "refuses foreign host names and origins, also with a valid key",
  ),
  onlyTls: proof(`${servers}/entrance.test.ts`, "speaks TLS 1.2 and newer only, and no plain HTTP"),
  noKeyNoEntry: proof(
    `${servers}/entrance.test.ts`,
    "lets nobody in without a valid key, and says how to authenticate",
  ),
  otherServer: proof(`${servers}/entrance.test.ts`, "refuses a client that was not given this server"),
  noPermission: proof(
    `${servers}/protocol.test.ts`,
    "lists no tool to a client whose role has no permission for it",
  ),
  // ssl.json, access.json, logging.json in the same server.
  tlsProtocol: proof(
    `${servers}/effectsShared.test.ts`,
    "ssl.protocol is the oldest version that is accepted",
  ),
  tlsSuites: proof(`${servers}/effectsShared.test.ts`, "ssl.cipherSuites are those that are accepted"),
  tlsSessions: proof(
    `${servers}/effectsShared.test.ts`,
    "ssl.sessionTimeout ends the resumption of a session",
  ),
  tlsPair: proof(
    `${servers}/effectsShared.test.ts`,
    "ssl.certPath and ssl.keyPath name the pair that is shown",
  ),
  tlsPairFits: proof(
    `${servers}/effectsShared.test.ts`,
    "ssl.certValidation: a pair that does not fit is refused",
  ),
  strictTransport: proof(
    `${servers}/effectsShared.test.ts`,
    "ssl.enableHSTS, hstsMaxAge, hstsIncludeSubDomains and hstsPreload make the header",
  ),
  keysTaken: proof(
    `${servers}/effectsShared.test.ts`,
    "authentication.apiKey.enabled says whether keys are taken",
  ),
  keyHeader: proof(`${servers}/effectsShared.test.ts`, "authentication.apiKey.header names the header"),
  keyForm: proof(
    `${servers}/effectsShared.test.ts`,
    "authentication.apiKey.prefix and length are the form of a key",
  ),
  rolePermissions: proof(
    `${servers}/effectsShared.test.ts`,
    "authorization.roles gives each role its permissions",
  ),
  allLogs: proof(`${servers}/effectsShared.test.ts`, "logging.enabled holds for every server"),
  logFields: proof(`${servers}/effectsShared.test.ts`, "logging.fields stand in every line"),
  logLines: proof(
    `${unit}/serversLog.test.ts`,
    "is one JSON object per line with time, level, server and the configured fields",
  ),
  // What the model and the database make of a key.
  sharedDefaults: proof(
    `${unit}/effects.test.ts`,
    "what is set once for all servers stands in the file of each server that has no own value",
  ),
  bridgeEntry: proof(
    `${unit}/effects.test.ts`,
    "the entries of mcp.json start the bridge as `npm run connect` writes it",
  ),
  alwaysAllow: proof(
    `${unit}/outputs.test.ts`,
    "give each client its servers, with what the stack lets it call without asking",
  ),
  retention: proof("test/integration/schema/maintenance.test.ts", "keeps as long as the settings say"),
  // The tools container.
  requiredVariables: proof("test/e2e/environment.test.ts", "has what the specification's script asks for"),
  databaseUrl: proof("test/e2e/environment.test.ts", "reaches the database by DATABASE_URL"),
  databaseVariables: proof(
    "test/e2e/environment.test.ts",
    "reaches the database by DATABASE_HOST, PORT, NAME, USER, PASSWORD and SSL_MODE",
  ),
  healthInterval: proof(
    "test/e2e/servers.test.ts",
    "are asked by the engine how they are, as often as MONITORING_HEALTH_CHECK_INTERVAL says",
  ),
  apiKey: proof("test/e2e/environment.test.ts", "reaches a server by API_KEY, as a client that may read"),
  // PostgreSQL with its configuration.
  postgresFiles: proof(
    "test/integration/postgres-image.test.ts",
    "reads its files without an error and finds no setting twice",
  ),
} as const satisfies Record<string, Proof>;
