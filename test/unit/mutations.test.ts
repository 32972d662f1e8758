import assert from "node:assert/strict";
import { buildFiles, tryFiles } from "#model/files/build.ts";
import { placeText, pointerOf, type Place } from "#model/files/place.ts";
import { quoteDotenv } from "#model/files/quoteDotenv.ts";
import { fileKeys, fileName } from "#model/files/schema/files.ts";
import type { Finding } from "#model/files/validateFinding.ts";
import { validateTexts } from "#model/files/validateTexts.ts";
import { deliveredTexts } from "#toolchain/validate/deliveredTexts.ts";
import { readDotenv } from "#model/files/validateDotenv.ts";
import { testDeployment } from "#test/fileDeployment.ts";
import { testFacts } from "#test/fileFacts.ts";
import {
  choose,
  contradiction,
  contradictions,
  misspelt,
  outOfRange,
  reference,
  wrongTypes,
  type Mutation,
} from "./mutation.ts";

const facts = testFacts();
const deployment = testDeployment();
const values = buildFiles(facts);
const texts = deliveredTexts(values);

const seed = 20_260_731;
const rules = "/access/authorization/resourceBased/rules";
const secrets = "file:/run/kilocode/secrets";

const references: readonly Mutation[] = [
  reference("access", `${rules}/0/roles`, ["auditor"], "roles-exist"),
  reference("access", `${rules}/0/roles`, ["admin", "root"], "roles-exist"),
  reference("metrics", "/metrics/alerting/rules/0/condition", "cpu_load > 80", "alert-metrics"),
  reference("metrics", "/metrics/alerting/rules/2/condition", "errors > 5", "alert-metrics"),
  reference("access", "/access/authentication/jwt/secret", `${secrets}/jwt-key`, "secret-references"),
  reference("memory", "/database/password", `${secrets}/memory-password`, "secret-references"),
  reference("postgres", "/database/reader/password", `${secrets}/reader`, "secret-references"),
  reference("memory", "/security/dataEncryption/keys", `${secrets}/encryption`, "secret-references"),
  reference("logging", "/logging/elasticsearch/auth/password", `${secrets}/elastic`, "secret-references"),
  reference("filesystem", "/security/allowedUsers", ["default", "mcp-service"], "allowed-users"),
  reference("compliance", "/security/allowedUsers", ["auditors"], "allowed-users"),
  reference("postgres", "/database/ssl/ca", "/etc/ssl/kilocode/root.crt", "tls-files"),
  reference("logging", "/logging/logstash/ssl/caCert", "/etc/ssl/certs/logstash.crt", "tls-files"),
  reference("filesystem", "/filesystem/root", "/home/project", "paths"),
  reference("filesystem", "/filesystem/allowedPaths", ["/tmp", "/var/lib"], "paths"),
  reference("env", "BACKUP_PATH", "/mnt/backups", "paths"),
  reference("env", "DATABASE_HOST", "localhost", "database-address"),
  reference("compliance", "/database/connectionString", "postgresql://a@db:5432/mcp_db", "database-address"),
  reference("compliance", "/compliance/notificationChannels", ["email"], "secrets-supplied"),
  reference("logging", "/logging/elasticsearch/enabled", true, "secrets-supplied"),
];

const between: readonly Mutation[] = [
  contradiction("memory", "/server/port", 9090, "container-ports"),
  contradiction("metrics", "/metrics/port", 3001, "container-ports"),
  contradiction("compliance", "/security/auditRetention", 365, "retention"),
  contradiction("metrics", "/metrics/retentionDays", 60, "retention"),
  contradiction("env", "METRICS_RETENTION_DAYS", 7, "retention"),
  contradiction("memory", "/memory/embeddingModel", "all-MiniLM-L6-v2", "embedding"),
  contradiction("memory", "/memory/embeddingDimension", 768, "embedding"),
  contradiction("postgres", "/database/pool/min", 11, "pool-bounds"),
  contradiction("memory", "/database/pool/max", 200, "connections"),
  contradiction("access", "/access/authentication/jwt/expiresIn", 1200, "token-lifetimes"),
  contradiction("access", "/access/authentication/apiKey/length", 48, "api-keys"),
  contradiction("access", "/access/authentication/apiKey/prefix", "kilo_", "api-keys"),
  contradiction("env", "DATABASE_USER", "postgres_1", "database-login"),
  contradiction("env", "DATABASE_PASSWORD", "another-password", "database-login"),
  contradiction("env", "DATABASE_POOL_SIZE", 20, "same-fact"),
  contradiction("metrics", "/metrics/collectors/system/enabled", false, "alert-metrics"),
  contradiction("metrics", "/metrics/endpoints/info/path", "/health", "endpoint-paths"),
  contradiction("memory", "/logging/maxFiles", 200, "log-volume"),
  contradiction("memory", "/server/maxRequestSize", "1GB", "memory-limits"),
  contradiction("ssl", "/ssl/cipherSuites", ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"], "tls-protocol"),
];

const mutations: readonly Mutation[] = [
  ...choose(wrongTypes(values), 50, seed),
  ...choose(outOfRange(values), 50, seed),
  ...choose(misspelt(values), 40, seed),
  ...references,
  ...between,
  ...choose(contradictions(values), 20, seed),
];

/** The texts with one of them changed. */
function mutated({ place, name, value }: Mutation): Map<string, string> {
  const file = fileName(place.file);
  const text = texts.get(file) ?? "";
  const content = (place.file === "env" ? readDotenv(text).value : JSON.parse(text)) as Record<
    string,
    unknown
  >;
  const parent = place.parts
    .slice(0, -1)
    .reduce<Record<string, unknown>>((inner, part) => inner[part] as Record<string, unknown>, content);
  const last = place.parts.at(-1) ?? "";
  if (name === undefined) parent[last] = value;
  else {
    parent[name] = parent[last];
    Reflect.deleteProperty(parent, last);
  }
  const lines = Object.entries(content).map(([key, each]) => `${key}=${quoted(String(each))}\n`);
  return new Map(texts).set(file, place.file === "env" ? lines.join("") : JSON.stringify(content, null, 2));
}

function quoted(value: string): string {
  return value === "" ? "" : quoteDotenv(value);
}

/** Whether a finding names the place, or what lies in it. */
function names({ file, pointer, related }: Finding, place: Place): boolean {
  const wanted = pointerOf(place);
  const isIt = (where: { file: string; pointer: string }) =>
    where.file === fileName(place.file) &&
    (where.pointer === wanted || where.pointer.startsWith(`${wanted}/`));
  return isIt({ file, pointer }) || related.some(isIt);
}

describe("configuration files", () => {
  it("pass as they are", () => {
    assert.deepEqual(validateTexts({ texts, facts, deployment }), []);
    assert.equal(texts.size, fileKeys.length);
  });

  it("are mutated in 200 ways, each another one", () => {
    assert.equal(mutations.length, 200);
    assert.equal(new Set(mutations.map((each) => JSON.stringify(each))).size, 200);
  });

  for (const mutation of mutations) {
    const { kind, place, name, value, rules: expected } = mutation;
    const what = name === undefined ? JSON.stringify(value) : `called ${name}`;
    it(`are refused: ${kind}, ${placeText(place)} ${what}`, () => {
      const found = validateTexts({ texts: mutated(mutation), facts, deployment });
      const at = name === undefined ? place : { ...place, parts: [...place.parts.slice(0, -1), name] };
      const naming = found.filter((finding) => names(finding, at));
      assert.ok(naming.length > 0, JSON.stringify(found));
      if (expected)
        assert.ok(
          naming.some(({ rule }) => expected.includes(rule)),
          JSON.stringify(naming),
        );
    });
  }
});

const legitimate: readonly Record<string, unknown>[] = [
  { memory: { memory: { maxItems: 20_000 } } },
  { memory: { memory: { retentionDays: "P90D", similarityThreshold: "0.8" } } },
  { memory: { memory: { embeddingModel: "text-embedding-3-small" } } },
  { memory: { security: { dataEncryption: { enabled: false } } } },
  { logging: { logging: { level: "DEBUG", maxSize: "50MB" } } },
  { logging: { logging: { syslog: { enabled: true, host: "logs.example", protocol: "tcp" } } } },
  { postgres: { server: { timeout: "1min" }, database: { queryTimeout: "45s" } } },
  {
    postgres: { security: { slowQueryThreshold: "500ms", rateLimit: { requestsPerMinute: 600, burst: 50 } } },
  },
  { postgres: { database: { maxRows: 5000, maxBytes: "8MB" } } },
  { filesystem: { filesystem: { root: "/tmp/shared", maxFileSize: "20MB" } } },
  { filesystem: { security: { cors: { origins: ["https://app.example", "http://localhost:3000"] } } } },
  { compliance: { compliance: { checkInterval: "12h", alertThreshold: 1 } } },
  { ssl: { ssl: { protocol: "TLSv1.3", cipherSuites: ["TLS_AES_256_GCM_SHA384"] } } },
  { ssl: { ssl: { hstsMaxAge: "180d" } } },
  { access: { access: { authentication: { jwt: { algorithm: "HS512", expiresIn: "2h" } } } } },
  {
    access: {
      access: {
        authorization: {
          roles: { auditor: { permissions: ["read"] } },
          resourceBased: {
            rules: [
              {
                resource: "compliance",
                actions: ["read"],
                roles: ["auditor"],
                conditions: { ip: ["10.0.0.0/8"], time: ["22:00-06:00"], timeZone: "Europe/Berlin" },
              },
            ],
          },
        },
      },
    },
  },
  { access: { access: { rateLimit: { enabled: false } } } },
  { metrics: { metrics: { port: 9100, alerting: { rules: [{ threshold: 10 }] } } } },
  { metrics: { metrics: { collectors: { business: { enabled: false } }, sampleInterval: "30s" } } },
  { env: { BACKUP_SCHEDULE: "30 3 * * 0", BACKUP_PATH: "/opt/kilocode/mcp-servers/backups/nightly" } },
];

describe("what a stack may set", () => {
  it("is tried in 20 ways", () => {
    assert.equal(legitimate.length, 20);
  });

  for (const overrides of legitimate) {
    it(`passes, and so do the files that it leads to: ${JSON.stringify(overrides)}`, () => {
      const built = tryFiles(facts, overrides);
      assert.deepEqual(built.faults, []);
      assert.notDeepEqual(built.values, values);
      assert.deepEqual(validateTexts({ texts: deliveredTexts(built.values), facts, deployment }), []);
    });
  }
});
