import type { FileValues } from "#model/files/schema/files.ts";
import type { RuleCase } from "./ruleCase.ts";

export const alert = { name: "high_load", condition: "load > 3", threshold: 5, action: "alert" } as const;
const limit = { resource: "filesystem", actions: ["read"] } as const;

/** Rules about credentials, access, measuring, schedules, data and limits. */
export const useCases: readonly RuleCase[] = [
  {
    rule: "jwt-keys",
    because: "the key is shorter than the algorithm's hash",
    overrides: { access: { access: { authentication: { jwt: { algorithm: "HS384" } } } } },
    edit: ({ env }) => (env.JWT_SECRET = "k".repeat(47)),
    at: ".env JWT_SECRET",
  },
  {
    rule: "token-lifetimes",
    because: "refresh tokens end before access tokens",
    overrides: { access: { access: { authentication: { jwt: { refreshTokenExpiresIn: "30min" } } } } },
    at: "access.json /access/authentication/jwt/refreshTokenExpiresIn",
  },
  {
    rule: "token-lifetimes",
    because: "tokens may be exchanged only when they have ended",
    overrides: { access: { access: { authentication: { session: { refreshInterval: 3600 } } } } },
    at: "access.json /access/authentication/session/refreshInterval",
  },
  {
    rule: "api-keys",
    because: "the prefix takes all of api_keys.key_prefix",
    edit: ({ access }) => (access.access.authentication.apiKey.prefix = "kilocode_"),
    at: "access.json /access/authentication/apiKey/prefix",
  },
  {
    rule: "api-keys",
    because: "the key of .env has another length",
    edit: ({ env }) => (env.API_KEY = `kcp_${"a".repeat(31)}`),
    at: ".env API_KEY",
  },
  {
    rule: "secret-references",
    because: "a reference leads to a secret that nobody delivers",
    edit: ({ logging }) =>
      (logging.logging.elasticsearch.auth.password = "file:/run/kilocode/secrets/elastic"),
    at: "logging.json /logging/elasticsearch/auth/password",
  },
  {
    rule: "secret-references",
    because: "a mark names a secret that nobody delivers",
    edit: ({ env }) => (env.ENCRYPTION_KEY = "${secret:master-key}"),
    at: ".env ENCRYPTION_KEY",
  },
  {
    rule: "secrets-supplied",
    because: "a channel has no secret",
    overrides: { compliance: { compliance: { notificationChannels: ["slack", "email"] } } },
    facts: { secrets: ["slack"] },
    at: "compliance.json /compliance/notificationChannels/1",
  },
  {
    rule: "secrets-supplied",
    because: "Elasticsearch is switched on without its password",
    overrides: { logging: { logging: { elasticsearch: { enabled: true } } } },
    at: "logging.json /logging/elasticsearch/enabled",
  },
  {
    rule: "roles-exist",
    because: "a rule names a role that nobody has",
    overrides: {
      access: { access: { authorization: { resourceBased: { rules: [{ ...limit, roles: ["auditor"] }] } } } },
    },
    at: "access.json /access/authorization/resourceBased/rules/0/roles/0",
  },
  {
    rule: "client-networks",
    because: "all clients come through the engine's gateway",
    overrides: {
      access: {
        access: {
          authorization: {
            resourceBased: { rules: [limit, { ...limit, conditions: { ip: ["10.0.0.0/8"] } }] },
          },
        },
      },
    },
    deployment: { publishedOn: "127.0.0.1" },
    at: "access.json /access/authorization/resourceBased/rules/1/conditions/ip",
  },
  {
    rule: "client-roles",
    because: "a client's role is not described",
    edit: ({ access }) => Reflect.deleteProperty(access.access.authorization.roles, "user"),
    at: "access.json /access/authorization/roles",
  },
  {
    rule: "allowed-users",
    because: "a server allows somebody who is no client",
    edit: ({ compliance }) => (compliance.security.allowedUsers = ["mcp-service"]),
    at: "compliance.json /security/allowedUsers/0",
  },
  {
    rule: "rate-limits",
    because: "a limit lets nothing pass",
    edit: ({ memory }) => (memory.security.rateLimit.burst = 0),
    at: "memory.json /security/rateLimit/burst",
  },
  {
    rule: "cors-origins",
    because: "any web page could call",
    edit: ({ postgres }) => (postgres.security.allowedOrigins = ["*"]),
    at: "postgres.json /security/allowedOrigins/0",
  },
  {
    rule: "cors-origins",
    because: "an origin has a path",
    edit: ({ memory }) => (memory.security.allowedOrigins = ["https://app.example/"]),
    at: "memory.json /security/allowedOrigins/0",
  },
  ...["192.168.1.5/24", "fd00::1/8", "10.0.0.0/33", "10.0.0/8"].map((network) => ({
    rule: "networks",
    because: `${network} is no network`,
    edit: ({ access }: FileValues) => {
      access.access.authorization.resourceBased.rules[0]!.conditions.ip = ["fd00::/8", network];
    },
    at: "access.json /access/authorization/resourceBased/rules/0/conditions/ip/1",
  })),
  {
    rule: "alert-metrics",
    because: "a condition names a value that nobody measures",
    overrides: { metrics: { metrics: { alerting: { rules: [alert] } } } },
    at: "metrics.json /metrics/alerting/rules/0/condition",
  },
  {
    rule: "alert-metrics",
    because: "the collector of a value is switched off",
    overrides: { metrics: { metrics: { collectors: { application: { enabled: false } } } } },
    at: "metrics.json /metrics/alerting/rules/2/condition",
  },
  {
    rule: "alert-metrics",
    because: "a collector leaves the value out",
    overrides: { metrics: { metrics: { collectors: { system: { metrics: ["cpu", "disk"] } } } } },
    at: "metrics.json /metrics/alerting/rules/1/condition",
  },
  {
    rule: "alert-names",
    because: "two alerts have one name",
    overrides: { metrics: { metrics: { alerting: { rules: [{}, { name: "high_cpu_usage" }] } } } },
    at: "metrics.json /metrics/alerting/rules/1/name",
  },
  {
    rule: "endpoint-paths",
    because: "two endpoints have one path",
    overrides: { metrics: { metrics: { endpoints: { info: { path: "/health" } } } } },
    at: "metrics.json /metrics/endpoints/info/path",
  },
  {
    rule: "intervals",
    because: "checks last longer than the time between them",
    overrides: { compliance: { compliance: { checkTimeout: "10min", checkInterval: "5min" } } },
    at: "compliance.json /compliance/checkTimeout",
  },
  ...["0 0 31 2,4 *", "60 * * * *", "5-1 * * * *", "* * * *", "0 2 * * MON"].map((schedule) => ({
    rule: "cron",
    because: `${schedule} never comes`,
    edit: ({ env }: FileValues) => {
      env.BACKUP_SCHEDULE = schedule;
    },
    at: ".env BACKUP_SCHEDULE",
  })),
  {
    rule: "time-windows",
    because: "the hours are none",
    overrides: {
      access: {
        access: {
          authorization: {
            resourceBased: { rules: [{ ...limit, conditions: { time: ["09:00-17:00", "08:00-08:00"] } }] },
          },
        },
      },
    },
    at: "access.json /access/authorization/resourceBased/rules/0/conditions/time/1",
  },
  {
    rule: "time-windows",
    because: "the hours have no zone",
    edit: ({ access }) => {
      const { conditions } = access.access.authorization.resourceBased.rules[0]!;
      conditions.time = ["09:00-17:00"];
      conditions.timeZone = "Mars/Olympus";
    },
    at: "access.json /access/authorization/resourceBased/rules/0/conditions/timeZone",
  },
  {
    rule: "retention",
    because: "the database removes audit records earlier",
    edit: ({ compliance }) => (compliance.security.auditRetention = 365),
    at: "compliance.json /security/auditRetention",
  },
  {
    rule: "embedding",
    because: "the model gives fewer numbers than the column takes",
    overrides: { memory: { memory: { embeddingModel: "nomic-embed-text" } } },
    at: "memory.json /memory/embeddingModel",
  },
  {
    rule: "embedding",
    because: "the column takes more numbers than the file says",
    overrides: { memory: { memory: { embeddingModel: "text-embedding-3-small" } } },
    edit: ({ memory }) => (memory.memory.embeddingDimension = 512),
    at: "memory.json /memory/embeddingDimension",
  },
  {
    rule: "memory-limits",
    because: "one request takes all memory of its server",
    overrides: { postgres: { server: { maxRequestSize: "100MB" } } },
    at: "postgres.json /server/maxRequestSize",
  },
  {
    rule: "engine-memory",
    because: "the containers may take more than the machine has",
    deployment: { engineMemory: 1024 ** 3 },
    at: "postgres.memory",
  },
  {
    rule: "pinned-programs",
    because: "an entry starts what is the newest today",
    edit: ({ mcp }) => {
      mcp.mcpServers.memory!.command = "npx";
      mcp.mcpServers.memory!.args = ["-y", "@modelcontextprotocol/server-memory"];
    },
    at: "mcp.json /mcpServers/memory/args/1",
  },
];
