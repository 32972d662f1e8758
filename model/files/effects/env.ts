import { asSource, each, effective, planned, without, type Effects, type Proof } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";

/** What other files say, once more. */
const copies = [
  "DATABASE_POOL_TIMEOUT",
  "MCP_MEMORY_VECTOR_DB_PATH",
  "MCP_MEMORY_BACKUPS_PATH",
  "MCP_MEMORY_MAX_SIZE",
  "MCP_MEMORY_CLEANUP_INTERVAL",
  "MCP_MEMORY_LOG_LEVEL",
  "MCP_MEMORY_EMBEDDING_MODEL",
  "LOG_LEVEL",
  "LOG_DIR",
  "LOG_MAX_SIZE",
  "LOG_BACKUP_COUNT",
  "LOG_COMPRESS",
  "LOG_FORMAT",
  "ENABLE_SSL",
  "SSL_CERT_PATH",
  "SSL_KEY_PATH",
  "ENABLE_METRICS",
  "METRICS_PORT",
  "METRICS_RETENTION_DAYS",
  "METRICS_ENABLED",
  "METRICS_ENDPOINT",
  "COMPLIANCE_RULES_PATH",
  "COMPLIANCE_REPORTS_PATH",
  "COMPLIANCE_AUTO_FIX",
  "COMPLIANCE_REQUIRE_APPROVAL",
  "COMPLIANCE_CHECK_INTERVAL",
  "COMPLIANCE_ALERT_THRESHOLD",
  "MONITORING_ENABLED",
  "MONITORING_PORT",
  "MONITORING_METRICS_INTERVAL",
  "SECURITY_RATE_LIMIT",
  "SECURITY_RATE_LIMIT_WINDOW",
  "SECURITY_MAX_LOGIN_ATTEMPTS",
  "SECURITY_SESSION_TIMEOUT",
];

const scripts = "test/e2e/specification";
const required = (name: string) =>
  effective(`${scripts}/1.2-environment.sh`, `"${name}"`, proofs.requiredVariables);
/** Whatever stands in the file is what a script finds in its environment. */
const sourced = (proof: Proof) => effective(`${scripts}/1.2-environment.sh`, 'source "$ENV_FILE"', proof);

/** `.env` */
export const envEffects: Effects = {
  ...each(asSource, copies),
  KILOCODE_ENV: required("KILOCODE_ENV"),
  KILOCODE_PROJECT_PATH: required("KILOCODE_PROJECT_PATH"),
  KILOCODE_PROJECT_NAME: without("it is for people"),
  DATABASE_URL: effective(`${scripts}/1.3-database.sh`, '"DATABASE_URL"', proofs.databaseUrl),
  ...each(
    sourced(proofs.databaseVariables),
    ["HOST", "PORT", "NAME", "USER", "PASSWORD", "SSL_MODE"],
    "DATABASE_",
  ),
  DATABASE_POOL_SIZE: effective("servers/postgres/reader.ts", "database.pool.max", proofs.poolMax),
  JWT_SECRET: required("JWT_SECRET"),
  API_KEY: sourced(proofs.apiKey),
  ENCRYPTION_KEY: without("no script of the specification and no server reads it"),
  MONITORING_HEALTH_CHECK_INTERVAL: effective(
    "components/mcpServers.ts",
    "values.env.MONITORING_HEALTH_CHECK_INTERVAL",
    proofs.healthInterval,
  ),
  ...each(
    planned(parts.backups),
    ["ENABLED", "PATH", "RETENTION_DAYS", "SCHEDULE", "COMPRESSION"],
    "BACKUP_",
  ),
  SECURITY_PASSWORD_EXPIRY_DAYS: planned(parts.rotation),
};
