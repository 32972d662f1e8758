import type { FileKey } from "#model/files/schema/files.ts";

const copyOf = (key: string) => `the same fact as ${key}`;
const bridge = "starts the bridge to the server; npx would fetch an unpinned program";
const secret = "a secret: generated, and delivered as a file of its own";
const inContainer = "inside a container localhost cannot be reached from outside";
const clients = "the clients of the stack, by name";
const logins = "each server has its own login, whose name carries a generation and whose password is a file";
const applicationLogin = "a login's name carries a generation, so that it can be replaced without a gap";
const poolSize = "as many as PostgreSQL has for every pool of every server, two generations at a time";
const asScript = "a secret: generated, put in only where the file is written";

/** Why a default here is not the specification's value, by file and key. */
export const differences: Readonly<
  Partial<Record<FileKey | "postgresql.conf", Readonly<Record<string, string>>>>
> = {
  mcp: {
    "/mcpServers/filesystem/command": bridge,
    "/mcpServers/filesystem/args": bridge,
    "/mcpServers/filesystem/alwaysAllow": "tools that only read; write_file asks",
    "/mcpServers/postgres/command": bridge,
    "/mcpServers/postgres/args": bridge,
    "/mcpServers/postgres/alwaysAllow": "all tools that only read; more than the specification has",
    "/mcpServers/postgres/env/DATABASE_URL": logins,
    "/mcpServers/memory/command": bridge,
    "/mcpServers/memory/args": bridge,
    "/mcpServers/memory/alwaysAllow": "tools that only read; storing and deleting ask",
    "/mcpServers/compliance/args": bridge,
  },
  env: {
    DATABASE_URL: `${applicationLogin}; the password is put in only where the file is written`,
    DATABASE_HOST: "the database's name in the stack's network",
    DATABASE_USER: applicationLogin,
    DATABASE_PASSWORD: asScript,
    DATABASE_POOL_SIZE: poolSize,
    DATABASE_POOL_TIMEOUT: copyOf("postgres.json /database/pool/connectionTimeoutMillis, 10000 ms"),
    DATABASE_SSL_MODE: "require encrypts and checks nobody's certificate",
    MCP_MEMORY_MAX_SIZE: copyOf("memory.json /memory/maxItems"),
    JWT_SECRET: asScript,
    API_KEY: asScript,
    ENCRYPTION_KEY: asScript,
    MONITORING_PORT: "health is told where metrics are: metrics.json has one port",
    BACKUP_ENABLED: "no backups are taken yet",
    SECURITY_RATE_LIMIT_WINDOW: copyOf("access.json /access/rateLimit/windowMs, 60000 ms"),
  },
  filesystem: {
    "/server/host": inContainer,
    "/filesystem/allowedPaths":
      "the container has no /home; your folders come in with servers.filesystem.mounts",
    "/security/allowedUsers": clients,
    "/security/cors/origins": "no web page calls the servers unless you name it",
  },
  postgres: {
    "/server/host": inContainer,
    "/database/connectionString": logins,
    "/database/pool/max": poolSize,
    "/security/allowedUsers": clients,
  },
  memory: {
    "/server/host": inContainer,
    "/database/maxSize": copyOf("/memory/maxItems"),
    "/security/allowedUsers": clients,
  },
  compliance: {
    "/server/host": inContainer,
    "/compliance/notificationChannels": "a channel without its secret could tell nobody",
    "/security/allowedUsers": clients,
    "/security/auditRetention": "the database's own retention of audit_logs",
  },
  ssl: {
    "/ssl/cipherSuites": "the certificate is ECDSA; CBC suites are weak; TLS 1.3 has its own",
    "/ssl/enableOCSPStapling": "the stack's own authority has no OCSP responder",
    "/ssl/hstsIncludeSubDomains": "the names below localhost or yours are not ours to decide about",
  },
  access: {
    "/access/authentication/jwt/secret": "a ring of generated keys with ids, in a file",
    "/access/authorization/resourceBased/rules/0/conditions/ip":
      "follows network.clients; behind a published port every caller has the engine's address",
    "/access/authorization/resourceBased/rules/0/conditions/time": "a stack could not be deployed at night",
  },
  logging: {
    "/logging/console": "lines reach docker logs also when no file can be written",
    "/logging/elasticsearch/auth/password": secret,
    "/logging/fields/version": "the version of this project",
  },
  "postgresql.conf": {
    listen_addresses: "inside a container; network and pg_hba.conf decide who reaches it",
    shared_buffers: "a quarter of postgres.memory",
    effective_cache_size: "three quarters of postgres.memory",
    work_mem: "sized to memory and connections; set once, the specification sets it twice",
    maintenance_work_mem: "a sixteenth of postgres.memory; set once, the specification sets it twice",
    log_statement: "`all` logs passwords; pgaudit logs changes without them",
    log_duration: "auto_explain logs slow statements",
    log_line_prefix: "also SQLSTATE, application and host",
    ssl_cert_file: "delivered to a fixed place",
    ssl_key_file: "delivered to a fixed place",
  },
};
