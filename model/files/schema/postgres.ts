import type { z } from "zod";
import { writerConnections } from "#model/postgres/connections.ts";
import {
  file,
  flag,
  integer,
  key,
  milliseconds,
  need,
  section,
  secretReference,
  size,
  text,
} from "./fields.ts";
import {
  databaseKeys,
  databaseTls,
  entranceKeys,
  poolKeys,
  rateLimitSection,
  serverLoggingSection,
  serverSection,
  serviceMaxKey,
} from "./sections.ts";

/** `/etc/kilocode/mcp/postgres.json` */
export const postgresFile = file("The postgres server.", {
  server: serverSection(50),
  database: section("The database that callers ask, and how the server reaches it.", {
    ...databaseKeys,
    reader: section("The login that runs callers' SQL; it can only read.", {
      user: need(text(/^[a-z_][a-z0-9_]{0,62}$/, "the name of a login"), "Name of that login."),
      password: key(
        secretReference(),
        "file:/run/kilocode/secrets/database-reader-password",
        "Where that login's password lies.",
        "reference",
      ),
    }),
    writer: section("The login that runs what callers write; it can change the workspace's tables only.", {
      user: need(text(/^[a-z_][a-z0-9_]{0,62}$/, "the name of a login"), "Name of that login."),
      password: key(
        secretReference(),
        "file:/run/kilocode/secrets/database-writer-password",
        "Where that login's password lies.",
        "reference",
      ),
      maxSize: key(
        size("1MB", "1000GB"),
        "1GB",
        "Size of all tables of the workspace at most; what would make it larger is undone.",
      ),
    }),
    pool: section("Connections that are kept open.", {
      min: key(integer(0, 1000), 2, "Idle connections that are kept.", "connections"),
      max: need(integer(1, 1000), "Connections that run callers' SQL at most.", "connections"),
      writerMax: key(
        integer(1, 100),
        writerConnections,
        "Connections that run what callers write at most.",
        "connections",
      ),
      serviceMax: serviceMaxKey(),
      ...poolKeys,
    }),
    queryTimeout: key(
      milliseconds(1, 3_600_000),
      30_000,
      "Longest time of one statement; PostgreSQL ends it.",
      "ms",
    ),
    idleTimeout: key(
      milliseconds(1, 86_400_000),
      60_000,
      "A session that waits longer inside a transaction is ended.",
      "ms",
    ),
    maxRetries: key(
      integer(0, 10),
      3,
      "Further attempts after a lost connection, where repeating is safe.",
      "attempts",
    ),
    retryDelay: key(
      milliseconds(1, 60_000),
      1000,
      "Wait before the first further attempt; it doubles each time.",
      "ms",
    ),
    maxRows: key(
      integer(1, 100_000),
      1000,
      "Rows of one answer at most; a call can only ask for fewer.",
      "rows",
    ),
    maxBytes: key(size("1KB", "1GB"), "1MB", "Size of the values of one answer at most."),
    ssl: databaseTls(),
  }),
  security: section("Who may call, from where, how often.", {
    ...entranceKeys,
    rateLimit: rateLimitSection(60),
    queryLogging: key(
      flag(),
      true,
      "Whether each statement's fingerprint, time and row count are logged; never its text.",
    ),
    slowQueryThreshold: key(
      milliseconds(1, 3_600_000),
      5000,
      "Statements that take longer are logged as warnings.",
      "ms",
    ),
  }),
  logging: serverLoggingSection(),
});

export type PostgresFile = z.output<typeof postgresFile>;
