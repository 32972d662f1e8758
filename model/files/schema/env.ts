import {
  always,
  cron,
  days,
  file,
  flag,
  hostName,
  integer,
  key,
  line,
  need,
  oneOf,
  path,
  port,
  route,
  seconds,
  size,
  text,
} from "./fields.ts";
import { environments } from "./mcp.ts";
import { logForm, logLevel } from "./sections.ts";

/** In the referenced text: a mark that the provider replaces; in the file: the value. */
function secretValue(shortest: number) {
  return text(
    new RegExp(
      `^(\\$\\{secret:[a-z][a-z0-9-]{0,62}\\}|(?!.*([Cc]hange_?[Mm]e|change_in_production|your_|_here|secure_password|^password$))[^\\u0000-\\u001f\\u007f]{${String(shortest)},4096})$`,
    ),
    `a value of at least ${String(shortest)} characters that was not copied from an example`,
  );
}

/** Without `=`, so that `cut -d= -f2` gets all of it. */
const databaseUrl = () =>
  text(
    /^postgres(ql)?:\/\/[A-Za-z0-9_.~%-]+:(\$\{secret:[a-z][a-z0-9-]{0,62}:url\}|(?!secure_password@|password@)[A-Za-z0-9._~%-]{8,1024})@([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?\/[A-Za-z0-9_.~%-]+$/,
    "postgresql://user:password@host:port/database, without parameters",
  );

/**
 * `/etc/kilocode/mcp/.env`: what the JSON files say, once more, for the scripts of the specification. It is in the
 * `tools` container only; no server reads it.
 */
export const envFile = file("What scripts find in their environment.", {
  KILOCODE_ENV: need(oneOf(environments), "Environment of the stack."),
  KILOCODE_PROJECT_PATH: need(path(), "Folder of the project in the containers.", "path"),
  KILOCODE_PROJECT_NAME: key(line(200), "KiloCode MCP Servers", "Name of the project, for people."),

  DATABASE_URL: need(
    databaseUrl(),
    "The database with the read-write login; TLS by PGSSLMODE and PGSSLROOTCERT.",
    "URL",
  ),
  DATABASE_HOST: need(hostName(), "Host of the database in the stack's network."),
  DATABASE_PORT: need(port(), "Its port."),
  DATABASE_NAME: need(text(/^[a-z_][a-z0-9_]{0,62}$/, "the name of a database"), "Name of the database."),
  DATABASE_USER: need(text(/^[a-z_][a-z0-9_]{0,62}$/, "the name of a login"), "The read-write login."),
  DATABASE_PASSWORD: need(secretValue(8), "Its password.", "secret"),
  DATABASE_POOL_SIZE: need(integer(1, 1000), "Connections of a server at most.", "connections"),
  DATABASE_POOL_TIMEOUT: need(seconds(1, 600), "Longest wait for a connection.", "s"),
  DATABASE_SSL_MODE: key(
    oneOf(["verify-full"]),
    "verify-full",
    "How the server's certificate is checked: with its name.",
  ),

  MCP_MEMORY_VECTOR_DB_PATH: need(path(), "As memory.json has it.", "path"),
  MCP_MEMORY_BACKUPS_PATH: need(path(), "As memory.json has it.", "path"),
  MCP_MEMORY_MAX_SIZE: need(integer(1, 10_000_000), "Memories that are kept at most.", "items"),
  MCP_MEMORY_CLEANUP_INTERVAL: need(seconds(60, 31_536_000), "How often expired memories are removed.", "s"),
  MCP_MEMORY_LOG_LEVEL: need(logLevel(), "As memory.json has it."),
  MCP_MEMORY_EMBEDDING_MODEL: need(line(200), "As memory.json has it."),

  LOG_LEVEL: need(logLevel(), "As logging.json has it."),
  LOG_DIR: need(path(), "Folder of the log files.", "path"),
  LOG_MAX_SIZE: need(size("10KB", "10GB"), "A log file that reaches this size is rotated."),
  LOG_BACKUP_COUNT: need(integer(1, 1000), "Rotated files that are kept.", "files"),
  LOG_COMPRESS: need(flag(), "Whether rotated files are compressed."),
  LOG_FORMAT: logForm.format,

  ENABLE_SSL: key(always(true, "the servers speak HTTPS only"), true, "Whether the servers speak HTTPS."),
  SSL_CERT_PATH: need(path(), "As ssl.json has it.", "path"),
  SSL_KEY_PATH: need(path(), "As ssl.json has it.", "path"),
  JWT_SECRET: need(secretValue(32), "A key that scripts may sign with; no server takes it.", "secret"),
  API_KEY: need(secretValue(32), "Key of the client that scripts are.", "secret"),
  ENCRYPTION_KEY: need(secretValue(32), "A key that scripts may encrypt with; no server takes it.", "secret"),

  ENABLE_METRICS: need(flag(), "As metrics.json has it."),
  METRICS_PORT: need(port(), "As metrics.json has it."),
  METRICS_RETENTION_DAYS: need(days(1, 3650), "Samples are kept so long.", "days"),
  METRICS_ENABLED: need(flag(), "As metrics.json has it."),
  METRICS_ENDPOINT: need(route(), "Path of the metrics for Prometheus."),

  COMPLIANCE_RULES_PATH: need(path(), "As compliance.json has it.", "path"),
  COMPLIANCE_REPORTS_PATH: need(path(), "As compliance.json has it.", "path"),
  COMPLIANCE_AUTO_FIX: need(flag(), "As compliance.json has it."),
  COMPLIANCE_REQUIRE_APPROVAL: need(flag(), "As compliance.json has it."),
  COMPLIANCE_CHECK_INTERVAL: need(seconds(60, 31_536_000), "As compliance.json has it.", "s"),
  COMPLIANCE_ALERT_THRESHOLD: need(integer(1, 10_000), "As compliance.json has it.", "rules"),

  MONITORING_ENABLED: need(flag(), "Whether /health answers."),
  MONITORING_PORT: need(port(), "Port of /health, that of the metrics."),
  MONITORING_HEALTH_CHECK_INTERVAL: key(
    seconds(5, 3600),
    30,
    "How often the engine asks each server for its health.",
    "s",
  ),
  MONITORING_METRICS_INTERVAL: need(seconds(1, 86_400), "How often samples are recorded.", "s"),

  BACKUP_ENABLED: key(always(false, "no backups are taken yet"), false, "Whether backups are taken."),
  BACKUP_PATH: key(path(), "/opt/kilocode/mcp-servers/backups", "Folder of the backups.", "path"),
  BACKUP_RETENTION_DAYS: key(days(1, 3650), 30, "Backups are kept so long.", "days"),
  BACKUP_SCHEDULE: key(cron(), "0 2 * * *", "When backups are taken, in UTC.", "cron"),
  BACKUP_COMPRESSION: key(flag(), true, "Whether backups are compressed."),

  SECURITY_RATE_LIMIT: need(integer(1, 1_000_000), "Calls of one caller in the window.", "calls"),
  SECURITY_RATE_LIMIT_WINDOW: need(integer(1, 86_400), "The window.", "s"),
  SECURITY_MAX_LOGIN_ATTEMPTS: need(
    integer(1, 1000),
    "Failed attempts in a row after which a key has to wait.",
    "attempts",
  ),
  SECURITY_SESSION_TIMEOUT: need(
    seconds(60, 2_592_000),
    "A chain of tokens that was not used for so long ends.",
    "s",
  ),
  SECURITY_PASSWORD_EXPIRY_DAYS: key(
    days(1, 3650),
    90,
    "A database password older than this is reported as due for rotation.",
    "days",
  ),
});
