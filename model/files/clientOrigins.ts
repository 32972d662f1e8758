import type { ServerName } from "#model/names.ts";
import type { FileFacts } from "./facts.ts";
import { copy, fact, fixed, type Origin } from "./origin.ts";
import { reasons } from "./reasons.ts";
import { secretMark } from "./secretReference.ts";

const projectFolder = "/opt/kilocode/mcp-servers";

/** One entry of mcp.json. */
export function entryOrigins(server: ServerName): Origin[] {
  const entry = `/mcpServers/${server}`;
  const made = "`npm run connect` makes the same entry";
  const environment = (name: string) =>
    fact("mcp", `${entry}/env/${name}`, "environment", (facts) => facts.environment);
  const own: Record<ServerName, Origin[]> = {
    filesystem: [
      environment("NODE_ENV"),
      environment("KILOCODE_ENV"),
      fixed("mcp", `${entry}/env/KILOCODE_PROJECT_PATH`, reasons.mounted, () => projectFolder),
    ],
    postgres: [
      environment("NODE_ENV"),
      environment("KILOCODE_ENV"),
      copy("mcp", `${entry}/env/DATABASE_URL`, "postgres", "/database/connectionString"),
    ],
    memory: [
      copy("mcp", `${entry}/env/MCP_MEMORY_VECTOR_DB_PATH`, "memory", "/database/vectorDbPath"),
      copy("mcp", `${entry}/env/MCP_MEMORY_BACKUPS_PATH`, "memory", "/database/backupsPath"),
      copy("mcp", `${entry}/env/MCP_MEMORY_LOG_LEVEL`, "memory", "/logging/level"),
    ],
    compliance: [
      copy("mcp", `${entry}/env/COMPLIANCE_LOG_LEVEL`, "compliance", "/logging/level"),
      copy("mcp", `${entry}/env/COMPLIANCE_REPORT_PATH`, "compliance", "/compliance/reportsPath"),
    ],
  };
  return [
    fixed("mcp", `${entry}/command`, made, ({ bridge }) => bridge[server].command),
    fixed("mcp", `${entry}/args`, made, ({ bridge }) => bridge[server].args),
    ...own[server],
    copy("mcp", `${entry}/timeout`, server, "/server/timeout"),
    copy("mcp", `${entry}/maxConnections`, server, "/server/maxConnections"),
  ];
}

/** `.env`: what the other files say, once more. */
export function environmentOrigins(): Origin[] {
  return [
    fact("env", "KILOCODE_ENV", "environment", ({ environment }) => environment),
    fixed("env", "KILOCODE_PROJECT_PATH", reasons.mounted, () => projectFolder),
    fact("env", "DATABASE_URL", "rotation.database", databaseUrl),
    fixed(
      "env",
      "DATABASE_HOST",
      "it is the database's name in the stack's network",
      ({ database }) => database.host,
    ),
    fixed(
      "env",
      "DATABASE_PORT",
      "the container's port is fixed; postgres.port is the one on the host",
      ({ database }) => database.port,
    ),
    fixed("env", "DATABASE_NAME", "the database has this name", ({ database }) => database.name),
    fact("env", "DATABASE_USER", "rotation.database", ({ database }) => database.users.application),
    fact("env", "DATABASE_PASSWORD", "rotation.database", () => secretMark("database-password")),
    fact("env", "DATABASE_POOL_SIZE", "postgres.maxConnections", ({ database }) => database.poolSize),
    copy("env", "DATABASE_POOL_TIMEOUT", "postgres", "/database/pool/connectionTimeoutMillis", wholeSeconds),
    fixed("env", "DATABASE_SSL_MODE", reasons.tls),
    copy("env", "MCP_MEMORY_VECTOR_DB_PATH", "memory", "/database/vectorDbPath"),
    copy("env", "MCP_MEMORY_BACKUPS_PATH", "memory", "/database/backupsPath"),
    copy("env", "MCP_MEMORY_MAX_SIZE", "memory", "/memory/maxItems"),
    copy("env", "MCP_MEMORY_CLEANUP_INTERVAL", "memory", "/database/cleanupInterval"),
    copy("env", "MCP_MEMORY_LOG_LEVEL", "memory", "/logging/level"),
    copy("env", "MCP_MEMORY_EMBEDDING_MODEL", "memory", "/memory/embeddingModel"),
    copy("env", "LOG_LEVEL", "logging", "/logging/level"),
    copy("env", "LOG_DIR", "logging", "/logging/directory"),
    copy("env", "LOG_MAX_SIZE", "logging", "/logging/maxSize"),
    copy("env", "LOG_BACKUP_COUNT", "logging", "/logging/maxFiles"),
    copy("env", "LOG_COMPRESS", "logging", "/logging/compress"),
    copy("env", "LOG_FORMAT", "logging", "/logging/format"),
    copy("env", "ENABLE_SSL", "ssl", "/ssl/enabled"),
    copy("env", "SSL_CERT_PATH", "ssl", "/ssl/certPath"),
    copy("env", "SSL_KEY_PATH", "ssl", "/ssl/keyPath"),
    fact("env", "JWT_SECRET", "rotation.jwt", () => secretMark("jwt-secret")),
    fact("env", "API_KEY", "rotation.apiKeys", () => secretMark("api-key")),
    fact("env", "ENCRYPTION_KEY", "rotation.encryption", () => secretMark("encryption-key")),
    copy("env", "ENABLE_METRICS", "metrics", "/metrics/enabled"),
    copy("env", "METRICS_PORT", "metrics", "/metrics/port"),
    copy("env", "METRICS_RETENTION_DAYS", "metrics", "/metrics/retentionDays"),
    copy("env", "METRICS_ENABLED", "metrics", "/metrics/enabled"),
    copy("env", "METRICS_ENDPOINT", "metrics", "/metrics/path"),
    copy("env", "COMPLIANCE_RULES_PATH", "compliance", "/compliance/rulesPath"),
    copy("env", "COMPLIANCE_REPORTS_PATH", "compliance", "/compliance/reportsPath"),
    copy("env", "COMPLIANCE_AUTO_FIX", "compliance", "/compliance/autoFix"),
    copy("env", "COMPLIANCE_REQUIRE_APPROVAL", "compliance", "/compliance/requireApproval"),
    copy("env", "COMPLIANCE_CHECK_INTERVAL", "compliance", "/compliance/checkInterval"),
    copy("env", "COMPLIANCE_ALERT_THRESHOLD", "compliance", "/compliance/alertThreshold"),
    copy("env", "MONITORING_ENABLED", "metrics", "/metrics/endpoints/health/enabled"),
    copy("env", "MONITORING_PORT", "metrics", "/metrics/port"),
    copy("env", "MONITORING_METRICS_INTERVAL", "metrics", "/metrics/sampleInterval"),
    fixed("env", "BACKUP_ENABLED", "no backups are taken yet"),
    copy("env", "SECURITY_RATE_LIMIT", "access", "/access/rateLimit/maxRequests"),
    copy("env", "SECURITY_RATE_LIMIT_WINDOW", "access", "/access/rateLimit/windowMs", wholeSeconds),
    copy("env", "SECURITY_MAX_LOGIN_ATTEMPTS", "access", "/access/authentication/maxFailedAttempts"),
    copy("env", "SECURITY_SESSION_TIMEOUT", "access", "/access/authentication/session/timeout"),
  ];
}

/** Without parameters: TLS comes from PGSSLMODE and PGSSLROOTCERT of the container that has the file. */
function databaseUrl({ database }: FileFacts): string {
  const password = secretMark("database-password", "url");
  const { users, host, port, name } = database;
  return `postgresql://${users.application}:${password}@${host}:${String(port)}/${name}`;
}

function wholeSeconds(milliseconds: unknown): number {
  return Math.ceil(Number(milliseconds) / 1000);
}
