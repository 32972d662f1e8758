import { serverNames } from "#model/names.ts";
import type { RuleCase } from "./ruleCase.ts";

/** Rules about ports, the database, paths and TLS: what reaches what. */
export const reachCases: readonly RuleCase[] = [
  {
    rule: "same-fact",
    because: ".env names another port for metrics",
    edit: ({ env }) => (env.MONITORING_PORT = 8080),
    at: ".env MONITORING_PORT",
  },
  {
    rule: "same-fact",
    because: ".env names another wait for a connection, in another unit",
    edit: ({ env }) => (env.DATABASE_POOL_TIMEOUT = 30),
    at: ".env DATABASE_POOL_TIMEOUT",
  },
  {
    rule: "same-fact",
    because: ".env names another pool size, which has no source among the files",
    edit: ({ env }) => (env.DATABASE_POOL_SIZE = 20),
    at: ".env DATABASE_POOL_SIZE",
  },
  {
    rule: "container-ports",
    because: "a server listens on the port of the metrics",
    edit: ({ memory }) => (memory.server.port = 9090),
    at: "metrics.json /metrics/port",
  },
  {
    rule: "container-ports",
    because: "a server listens on the port of the database",
    edit: ({ memory }) => (memory.server.port = 5432),
    at: "memory.json /server/port",
  },
  {
    rule: "container-ports",
    because: "the stack moves the metrics to the port of a server",
    overrides: { metrics: { metrics: { port: 3002 } } },
    at: "metrics.json /metrics/port",
  },
  {
    rule: "host-ports",
    because: "two services are published on one port",
    deployment: { published: { postgres: 13_001, database: 13_001 } },
    at: "postgres.port",
  },
  {
    rule: "host-ports",
    because: "a port is none",
    deployment: { published: { compliance: 65_536 } },
    at: "servers.compliance.port",
  },
  {
    rule: "listen-address",
    because: "a server listens inside its container only",
    edit: ({ filesystem }) => (filesystem.server.host = "localhost"),
    at: "filesystem.json /server/host",
  },
  {
    rule: "database-address",
    because: "one server asks another database",
    edit: ({ memory }) => (memory.database.connectionString = "postgresql://memory_1@elsewhere:5432/mcp_db"),
    at: "memory.json /database/connectionString",
  },
  {
    rule: "database-address",
    because: ".env names a host that containers do not have",
    edit: ({ env }) => (env.DATABASE_HOST = "localhost"),
    at: ".env DATABASE_HOST",
  },
  {
    rule: "database-login",
    because: "the URL of .env has another login",
    edit: ({ env }) => (env.DATABASE_USER = "postgres_1"),
    at: ".env DATABASE_URL",
  },
  {
    rule: "pool-bounds",
    because: "more idle connections are kept than the pool has",
    overrides: { memory: { database: { pool: { min: 11 } } } },
    at: "memory.json /database/pool/min",
  },
  {
    rule: "connections",
    because: "the pools of all servers come to more than PostgreSQL takes",
    overrides: { compliance: { database: { pool: { serviceMax: 100 } } } },
    deployment: { maxConnections: 139 },
    at: "compliance.json /database/pool/serviceMax",
  },
  {
    rule: "paths",
    because: "a folder is in no volume",
    overrides: { filesystem: { filesystem: { allowedPaths: ["/tmp", "/home"] } } },
    at: "filesystem.json /filesystem/allowedPaths/1",
  },
  {
    rule: "paths",
    because: "backups would lie in the container's own file system",
    overrides: { env: { BACKUP_PATH: "/srv/backups" } },
    at: ".env BACKUP_PATH",
  },
  {
    rule: "paths",
    because: "log files lie beside the volume for logs",
    edit: ({ logging, env, ...values }) => {
      const folder = "/var/log/kilocode";
      logging.logging.directory = logging.logging.file.path = env.LOG_DIR = folder;
      for (const server of serverNames) values[server].logging.file = `${folder}/${server}.log`;
    },
    at: "memory.json /logging/file",
  },
  {
    rule: "paths",
    because: "a server has no such volume, though another one has",
    edit: ({ memory, mcp, env }) => {
      const path = "/opt/kilocode/mcp-servers/reports";
      memory.database.backupsPath = env.MCP_MEMORY_BACKUPS_PATH = path;
      mcp.mcpServers.memory!.env.MCP_MEMORY_BACKUPS_PATH = path;
    },
    at: "memory.json /database/backupsPath",
  },
  {
    rule: "log-volume",
    because: "rotated files fill the volume",
    overrides: { memory: { logging: { maxSize: "200MB" } } },
    at: "memory.json /logging/maxSize",
  },
  {
    rule: "tls-files",
    because: "the bundle of authorities is not delivered",
    edit: ({ postgres }) => (postgres.database.ssl.ca = "/etc/ssl/certs/ca.crt"),
    at: "postgres.json /database/ssl/ca",
  },
  {
    rule: "tls-ciphers",
    because: "a suite has no forward secrecy",
    edit: ({ ssl }) => ssl.ssl.cipherSuites.push("TLS_RSA_WITH_AES_256_GCM_SHA384" as never),
    at: "ssl.json /ssl/cipherSuites/6",
  },
  {
    rule: "tls-ciphers",
    because: "a suite is of the CBC kind",
    edit: ({ ssl }) => ssl.ssl.cipherSuites.push("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" as never),
    at: "ssl.json /ssl/cipherSuites/6",
  },
  {
    rule: "tls-ciphers",
    because: "a suite does not exist",
    edit: ({ ssl }) => ssl.ssl.cipherSuites.push("TLS_AES_512_GCM_SHA512" as never),
    at: "ssl.json /ssl/cipherSuites/6",
  },
  {
    rule: "tls-protocol",
    because: "all suites are for certificates of another kind",
    overrides: { ssl: { ssl: { cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"] } } },
    at: "ssl.json /ssl/cipherSuites",
  },
  {
    rule: "tls-protocol",
    because: "all suites are older than the oldest protocol",
    overrides: {
      ssl: { ssl: { protocol: "TLSv1.3", cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] } },
    },
    at: "ssl.json /ssl/cipherSuites",
  },
  {
    rule: "tls-protocol",
    because: "the protocol is broken",
    edit: ({ ssl }) => (ssl.ssl.protocol = "TLSv1.1" as never),
    at: "ssl.json /ssl/protocol",
  },
];
