import { containerPorts, databaseName, paths } from "#model/names.ts";

/** Connections of a server's own login (key checks) at most; the reader's pool has `pool.max` on top. */
export const servicePoolMax = 4;

/** Files of the service that hold a secret: paths inside the files volume. */
export const postgresServerSecrets = {
  databasePassword: "secrets/database-password",
  readerPassword: "secrets/database-reader-password",
  tlsKey: "ssl/mcp.key",
} as const;

/** Files of the service that hold a certificate: paths inside the files volume. */
export const postgresServerCertificates = {
  /** Bundle that must have signed PostgreSQL's certificate. */
  ca: "ssl/ca.crt",
  /** The server's own certificate, with the chain up to what clients trust. */
  tls: "ssl/mcp.crt",
} as const;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface PostgresServerFilesInput {
  /** Port inside the container; default 3001. */
  readonly port?: number;
  /** Host names (no port) by which clients reach the server, container name included. localhost is added. */
  readonly hosts: readonly string[];
  /** Origins of browsers that may call, such as `https://app.example`; default none. */
  readonly origins?: readonly string[];
  readonly database: {
    /** As the certificate of PostgreSQL names it. */
    readonly host: string;
    /** Default 5432. */
    readonly port?: number;
    /** Default `mcp_db`. */
    readonly name?: string;
    /** Login of group `mcp_service`, e.g. `postgres_1`. */
    readonly user: string;
    /** Login of group `mcp_reader`, e.g. `postgres_reader_1`. */
    readonly readerUser: string;
    /** Connections of the reader's pool at most; default 20. */
    readonly poolMax?: number;
  };
  /** `environment` in the log's fields. */
  readonly environment: string;
  readonly version: string;
  /** `files.<file>.<path>` of the stack: keys laid over the rendered ones, by file name without `.json`. */
  readonly overrides?: { readonly [file: string]: { readonly [key: string]: Json } };
}

/**
 * The JSON files that `servers/main.ts postgres` reads, by path inside the files volume. Key order is fixed,
 * so equal inputs give equal text. Keys and defaults are those of specification.md; mended are the address to
 * listen on (localhost cannot be reached from outside a container), the login in `connectionString` (its
 * password is a reference of its own), and cipher suites that fit an ECDSA certificate.
 */
export function postgresServerFiles(input: PostgresServerFilesInput): Record<string, string> {
  const files = {
    postgres: postgresFile(input),
    access: accessFile(),
    logging: loggingFile(input),
    ssl: sslFile(),
  } as const satisfies Record<string, Json>;
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => {
      const merged = overlay(content, input.overrides?.[name] ?? {});
      return [`mcp/${name}.json`, `${JSON.stringify(merged, undefined, 2)}\n`];
    }),
  );
}

function postgresFile({ port, hosts, origins, database }: PostgresServerFilesInput): Json {
  const {
    host,
    port: databasePort = containerPorts.database,
    name = databaseName,
    user,
    readerUser,
    poolMax,
  } = database;
  const login = `${encodeURIComponent(user)}@${host}:${databasePort}`;
  return {
    server: {
      port: port ?? containerPorts.postgres,
      host: "0.0.0.0",
      logLevel: "INFO",
      timeout: 30_000,
      maxConnections: 50,
      maxRequestSize: "10MB",
      enableSSL: true,
    },
    database: {
      connectionString: `postgresql://${login}/${encodeURIComponent(name)}`,
      password: reference(postgresServerSecrets.databasePassword),
      reader: { user: readerUser, password: reference(postgresServerSecrets.readerPassword) },
      pool: {
        min: 2,
        max: poolMax ?? 20,
        serviceMax: servicePoolMax,
        idleTimeoutMillis: 30_000,
        connectionTimeoutMillis: 10_000,
        maxUses: 7500,
      },
      queryTimeout: 30_000,
      idleTimeout: 60_000,
      maxRetries: 3,
      retryDelay: 1000,
      maxRows: 1000,
      maxBytes: "1MB",
      ssl: { rejectUnauthorized: true, ca: "/etc/ssl/kilocode/ca.crt" },
    },
    security: {
      enableAuthentication: true,
      enableAuthorization: true,
      allowedUsers: ["mcp-service"],
      allowedHosts: [...new Set(["localhost", "127.0.0.1", "[::1]", ...hosts])],
      allowedOrigins: [...(origins ?? [])],
      rateLimit: { enabled: true, requestsPerMinute: 60, burst: 120 },
      queryLogging: true,
      slowQueryThreshold: 5000,
    },
    logging: {
      enabled: true,
      level: "INFO",
      format: "json",
      file: "/var/log/kilocode/mcp/postgres.log",
      maxSize: "10MB",
      maxFiles: 7,
      compress: true,
    },
  };
}

function accessFile(): Json {
  return {
    access: {
      authentication: {
        enabled: true,
        method: "apiKey",
        apiKey: { enabled: true, header: "X-API-Key", prefix: "kcp_", length: 32 },
      },
      authorization: {
        enabled: true,
        method: "role",
        roles: {
          admin: { permissions: ["*"], description: "System administrator with full access" },
          user: {
            permissions: ["read", "write", "execute"],
            description: "Regular user with standard permissions",
          },
          readonly: { permissions: ["read"], description: "Read-only user with limited access" },
          service: {
            permissions: ["read", "write"],
            description: "Service account with service-specific permissions",
          },
        },
        resourceBased: { enabled: false, rules: [] },
      },
    },
  };
}

function loggingFile({ environment, version }: PostgresServerFilesInput): Json {
  return {
    logging: {
      enabled: true,
      level: "INFO",
      format: "json",
      console: true,
      fields: { service: "mcp", environment, version },
    },
  };
}

function sslFile(): Json {
  return {
    ssl: {
      enabled: true,
      certPath: "/etc/ssl/kilocode/mcp.crt",
      keyPath: "/etc/ssl/kilocode/mcp.key",
      protocol: "TLSv1.2",
      cipherSuites: [
        "TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      ],
      sessionTimeout: 3600,
      enableHSTS: true,
      hstsMaxAge: 31_536_000,
      hstsIncludeSubDomains: false,
      hstsPreload: false,
    },
  };
}

function reference(path: string): string {
  return `file:${paths.files}/${path}`;
}

/** Objects are merged key by key, new keys sorted behind the known ones; everything else is replaced. */
function overlay(base: Json, over: Json): Json {
  if (!isObject(base) || !isObject(over)) return over;
  const merged: Record<string, Json> = { ...base };
  for (const key of Object.keys(over).sort()) {
    const value = over[key]!;
    merged[key] = Object.hasOwn(base, key) ? overlay(base[key]!, value) : value;
  }
  return merged;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
