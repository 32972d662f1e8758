import { z } from "zod";
import { byteSize } from "./byteSize.ts";

/**
 * The sections that every server's file has, with the key names of specification.md. Durations are
 * milliseconds. Keys that are not named here are accepted and have no effect.
 *
 * `/etc/kilocode/mcp/postgres.json`, shortened:
 * ```json
 * {
 *   "server": { "host": "0.0.0.0", "port": 3001, "logLevel": "INFO", "timeout": 30000, "maxConnections": 50,
 *               "maxRequestSize": "10MB", "enableSSL": true },
 *   "database": {
 *     "connectionString": "postgresql://postgres_1@kilocode-dev-database:5432/mcp_db",
 *     "password": "file:/etc/kilocode/secrets/database-password",
 *     "reader": { "user": "postgres_reader_1", "password": "file:/etc/kilocode/secrets/database-reader-password" },
 *     "pool": { "min": 2, "max": 20, "serviceMax": 4, "idleTimeoutMillis": 30000, "connectionTimeoutMillis": 10000, "maxUses": 7500 },
 *     "queryTimeout": 30000, "maxRows": 1000, "maxBytes": "1MB",
 *     "ssl": { "rejectUnauthorized": true, "ca": "/etc/ssl/kilocode/ca.crt" }
 *   },
 *   "security": { "enableAuthentication": true, "enableAuthorization": true,
 *                 "allowedHosts": ["localhost", "127.0.0.1"], "allowedOrigins": [] },
 *   "logging": { "enabled": true, "level": "INFO" }
 * }
 * ```
 */

export const milliseconds = z.number().int().min(1).max(86_400_000);

export const bytes = z.union([z.string(), z.number()]).transform((value, context) => {
  const size = byteSize(value);
  if (size !== undefined && size > 0) return size;
  context.addIssue({ code: "custom", message: 'expected a size such as "10MB"' });
  return z.NEVER;
});

export const secretReference = z
  .string()
  .startsWith("file:/", { message: 'expected a reference "file:/…": secrets do not stand in this file' });

export const logLevel = z
  .string()
  .toUpperCase()
  .pipe(z.enum(["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL"]));

/** A connection URL without a password; the password is a reference of its own. */
export const connectionString = z.string().transform((value, context) => {
  const url = URL.parse(value);
  if (
    !url ||
    !["postgresql:", "postgres:"].includes(url.protocol) ||
    url.hostname === "" ||
    url.username === ""
  ) {
    context.addIssue({ code: "custom", message: 'expected "postgresql://user@host:port/database"' });
    return z.NEVER;
  }
  if (url.password !== "") {
    context.addIssue({
      code: "custom",
      message: 'holds a password; put it into a file and name it in "password"',
    });
    return z.NEVER;
  }
  return {
    host: url.hostname,
    port: url.port === "" ? 5432 : Number(url.port),
    name: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
    user: decodeURIComponent(url.username),
  };
});

export const databaseSection = z.object({
  connectionString,
  password: secretReference,
  pool: z
    .object({
      min: z.number().int().min(0).default(2),
      max: z.number().int().min(1).max(1000).default(20),
      /** Connections of the server's own login; they only check keys. */
      serviceMax: z.number().int().min(1).max(100).default(4),
      idleTimeoutMillis: milliseconds.default(30_000),
      connectionTimeoutMillis: milliseconds.default(10_000),
      maxUses: z.number().int().min(1).default(7500),
    })
    .prefault({}),
  ssl: z.object({
    rejectUnauthorized: z
      .literal(true, { error: "must be true: a server that is not verified gets no password" })
      .default(true),
    ca: z.string(),
  }),
});

export const commonSchema = z.object({
  server: z.object({
    /** Address to listen on. */
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    logLevel: logLevel.optional(),
    /** Longest time of one tool call and of receiving one request. */
    timeout: milliseconds.default(30_000),
    /** Open connections; more are closed at once. */
    maxConnections: z.number().int().min(1).max(100_000).default(100),
    maxRequestSize: bytes.default(10 * 1024 ** 2),
    enableSSL: z.literal(true, { error: "must be true: this server speaks HTTPS only" }).default(true),
  }),
  /** How the server itself (not a caller's SQL) reaches PostgreSQL. */
  database: databaseSection,
  security: z
    .object({
      enableAuthentication: z.boolean().default(true),
      enableAuthorization: z.boolean().default(true),
      /** Host names (without port) that a request may name: protection against DNS rebinding. */
      allowedHosts: z.array(z.string().min(1)).default(["localhost", "127.0.0.1", "[::1]"]),
      /** Origins (`https://host:port`) from which a browser may call; a request without Origin is no browser's. */
      allowedOrigins: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  logging: z.object({ enabled: z.boolean().default(true), level: logLevel.optional() }).prefault({}),
});

export type CommonConfig = z.output<typeof commonSchema>;

export const accessSchema = z.object({
  access: z
    .object({
      authentication: z
        .object({
          enabled: z.boolean().default(true),
          apiKey: z
            .object({
              enabled: z.boolean().default(true),
              header: z
                .string()
                .regex(/^[A-Za-z0-9-]+$/)
                .default("X-API-Key"),
              prefix: z.string().min(1).default("kcp_"),
              length: z.number().int().min(32).max(128).default(32),
            })
            .prefault({}),
        })
        .prefault({}),
      authorization: z
        .object({
          enabled: z.boolean().default(true),
          roles: z.record(z.string(), z.object({ permissions: z.array(z.string()) })).default({
            admin: { permissions: ["*"] },
            user: { permissions: ["read", "write", "execute"] },
            readonly: { permissions: ["read"] },
            service: { permissions: ["read", "write"] },
          }),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type AccessConfig = z.output<typeof accessSchema>["access"];

export const loggingSchema = z.object({
  logging: z
    .object({
      enabled: z.boolean().default(true),
      level: logLevel.default("INFO"),
      /** Added to every line. */
      fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    })
    .prefault({}),
});
export type LoggingConfig = z.output<typeof loggingSchema>["logging"];

export const sslSchema = z.object({
  ssl: z
    .object({
      enabled: z.literal(true, { error: "must be true: this server speaks HTTPS only" }).default(true),
      certPath: z.string().default("/etc/ssl/kilocode/mcp.crt"),
      keyPath: z.string().default("/etc/ssl/kilocode/mcp.key"),
      /** The oldest version that is accepted. */
      protocol: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
      /** OpenSSL or IANA names, best first. */
      cipherSuites: z.array(z.string()).min(1).optional(),
      /** Seconds. */
      sessionTimeout: z.number().int().min(1).max(86_400).default(3600),
      enableHSTS: z.boolean().default(false),
      hstsMaxAge: z.number().int().min(0).default(31_536_000),
      hstsIncludeSubDomains: z.boolean().default(false),
      hstsPreload: z.boolean().default(false),
    })
    .prefault({}),
});
export type SslConfig = z.output<typeof sslSchema>["ssl"];
