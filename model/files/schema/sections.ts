import {
  always,
  decimal,
  flag,
  hostName,
  integer,
  key,
  maybe,
  milliseconds,
  need,
  oneOf,
  origin,
  path,
  port,
  secretReference,
  section,
  set,
  size,
  text,
} from "./fields.ts";

/* Sections that several files have. */

const logLevels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;

export const logLevel = () => oneOf(logLevels);

/** `server`: where one MCP server listens, and how much of it is taken. */
export function serverSection(maxConnections: number) {
  return section("Where the server listens, and how much it takes.", {
    port: need(port(), "Port inside the container. Clients use the published one."),
    host: key(hostName(), "0.0.0.0", "Address inside the container on which the server listens."),
    logLevel: maybe(logLevel(), "Least severe level that this server logs; the same as logging.level."),
    timeout: key(
      milliseconds(100, 3_600_000),
      30_000,
      "Longest time of one tool call and of receiving one request.",
      "ms",
    ),
    maxConnections: key(
      integer(1, 10_000),
      maxConnections,
      "Open client connections; more are closed at once.",
      "connections",
    ),
    enableCompression: key(flag(), true, "Whether answers are compressed for clients that accept it."),
    maxRequestSize: key(size("1KB", "1GB"), "10MB", "Largest request body; larger ones get 413."),
    enableSSL: key(
      always(true, "the servers speak HTTPS only"),
      true,
      "Whether the server speaks HTTPS; how, says ssl.json.",
    ),
  });
}

/** A login's URL without its password, and no parameters: TLS and time-outs are keys of their own. */
export function connectionString() {
  const user = "[A-Za-z0-9_.~%-]+";
  const host = "(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)";
  return text(
    new RegExp(`^postgres(ql)?:\\/\\/${user}@${host}(:\\d{1,5})?\\/${user}$`),
    "postgresql://user@host:port/database, without a password and without parameters",
  );
}

/** `database`: how a server itself reaches PostgreSQL. */
export const databaseKeys = {
  connectionString: need(
    connectionString(),
    "The server's own login, which checks keys and records calls. Its password is a key of its own.",
    "URL",
  ),
  password: key(
    secretReference(),
    "file:/run/kilocode/secrets/database-password",
    "Where the password of connectionString's login lies.",
    "reference",
  ),
} as const;

export const serviceMaxKey = () =>
  key(integer(1, 100), 4, "Connections of the server's own login at most.", "connections");

export const poolKeys = {
  idleTimeoutMillis: key(
    milliseconds(1, 3_600_000),
    30_000,
    "A connection that nobody used for so long is closed.",
    "ms",
  ),
  connectionTimeoutMillis: key(
    milliseconds(1, 600_000),
    10_000,
    "Longest wait for a connection of the pool.",
    "ms",
  ),
  maxUses: key(
    integer(1, 1_000_000),
    7500,
    "A connection is closed after so many uses, so that none grows old.",
    "uses",
  ),
} as const;

export const databaseTls = () =>
  section("How PostgreSQL proves who it is.", {
    rejectUnauthorized: key(
      always(true, "a database that is not verified gets no password"),
      true,
      "Whether a certificate that the CA did not sign ends the connection.",
    ),
    ca: key(
      path(),
      "/etc/ssl/kilocode/ca.crt",
      "Bundle of the CAs that may have signed PostgreSQL's certificate.",
      "path",
    ),
  });

/** `database` of the servers that have no use for it beyond themselves. */
export function serviceDatabaseSection() {
  return section("How the server itself reaches PostgreSQL: to check keys and record calls.", {
    ...databaseKeys,
    pool: section("Connections that are kept open.", { serviceMax: serviceMaxKey(), ...poolKeys }),
    ssl: databaseTls(),
  });
}

/** The keys with which every server's `security` begins. */
export const entranceKeys = {
  enableAuthentication: key(
    always(true, "no server answers callers without a key"),
    true,
    "Whether callers must prove who they are; how, says access.json.",
  ),
  enableAuthorization: key(
    always(true, "what a caller may do follows from its role"),
    true,
    "Whether a caller's role decides what it may do; the roles are in access.json.",
  ),
  allowedUsers: need(
    set(text(/^[a-z][a-z0-9-]{0,49}$/, "names of clients"), 0, 1000, "names of clients"),
    "Clients that may use this server: those whose clients.<name>.servers names it.",
  ),
  allowedHosts: need(
    set(hostName(), 1, 100, "host names"),
    "Host names, without port, that a request may name: the protection against DNS rebinding.",
  ),
  allowedOrigins: key(
    set(origin(), 0, 100, "origins"),
    [],
    "Web pages, by origin, from which a browser may call. Requests of programs carry no origin.",
  ),
} as const;

/** `security.rateLimit` of one server. */
export function rateLimitSection(requestsPerMinute: number) {
  return section("How often one caller may call each tool of this server.", {
    enabled: key(flag(), true, "Whether the limit is in force."),
    requestsPerMinute: key(
      integer(1, 1_000_000),
      requestsPerMinute,
      "Calls of one tool by one caller in a minute, on average.",
      "calls per minute",
    ),
    burst: key(
      integer(1, 1_000_000),
      2 * requestsPerMinute,
      "Calls of one tool by one caller that may come at once, after a pause.",
      "calls",
    ),
  });
}

/** `logging` of one server: a file of its own in the log folder. What is left out is as logging.json has it. */
export function serverLoggingSection() {
  return section("What this server logs, and its log file. What is left out is as in logging.json.", {
    enabled: maybe(flag(), "Whether this server logs at all."),
    level: maybe(logLevel(), "Least severe level that this server logs."),
    format: maybe(logTypes.format, "Form of a log line: one JSON object."),
    file: need(path(), "The server's own log file.", "path"),
    maxSize: maybe(logTypes.maxSize, "A log file that reaches this size is rotated."),
    maxFiles: maybe(logTypes.maxFiles, "Rotated files that are kept.", "files"),
    compress: maybe(logTypes.compress, "Whether rotated files are compressed."),
  });
}

const logTypes = {
  format: oneOf(["json"]),
  maxSize: size("10KB", "10GB"),
  maxFiles: integer(1, 1000),
  compress: flag(),
} as const;

export const logForm = {
  format: key(logTypes.format, "json", "Form of a log line: one JSON object."),
} as const;

export const logFileLimits = {
  maxSize: key(logTypes.maxSize, "10MB", "A log file that reaches this size is rotated."),
  maxFiles: key(logTypes.maxFiles, 7, "Rotated files that are kept.", "files"),
  compress: key(logTypes.compress, true, "Whether rotated files are compressed."),
} as const;

export const fraction = () => decimal(0, 1);
