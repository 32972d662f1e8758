import assert from "node:assert/strict";
import { Faults } from "#model/fault.ts";
import { buildFiles, tryFiles } from "#model/files/build.ts";
import { origins, settingOf } from "#model/files/derived.ts";
import { fileFacts } from "#model/files/facts.ts";
import { fileLeaves, leafAt } from "#model/files/leaves.ts";
import { placeAt, stackKey } from "#model/files/place.ts";
import { fileKeys } from "#model/files/schema/files.ts";
import { factSource, testFacts } from "#test/fileFacts.ts";

const facts = testFacts();

/** `CODE key` of each fault. */
function codes(overrides: Record<string, unknown>): string[] {
  return tryFiles(facts, overrides).faults.map(({ code, where }) => `${code} ${where ?? ""}`);
}

/** `a.b.c` → `{a: {b: {c: value}}}` */
function nested(path: readonly string[], value: unknown): Record<string, unknown> {
  return path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Record<string, unknown>;
}

describe("the model of the files", () => {
  it("needs nothing but the stack's settings", () => {
    assert.deepEqual(tryFiles(facts).faults, []);
  });

  it("gives the same values for the same settings", () => {
    assert.deepEqual(buildFiles(facts), buildFiles(structuredClone(facts)));
  });

  it("has an origin for places that exist only, and one for each key without a default", () => {
    const wrong = origins.filter(({ place, source }) => !leafAt(place) || (source && !leafAt(source)));
    assert.deepEqual(
      wrong.map(({ place }) => stackKey(place)),
      [],
    );
    const known = new Set(origins.map(({ place }) => stackKey(place)));
    assert.equal(known.size, origins.length, "each place once");
    const missing = fileKeys.flatMap((file) =>
      fileLeaves(file).filter(({ required, place }) => required && !known.has(stackKey(place))),
    );
    assert.deepEqual(
      missing.map(({ place }) => stackKey(place)),
      [],
    );
  });

  it("has one source for each fact", () => {
    const { env, mcp, filesystem, memory, metrics } = buildFiles(facts, {
      logging: { logging: { level: "WARN", maxFiles: 3 } },
      memory: { memory: { maxItems: 20_000 }, logging: { level: "DEBUG" } },
      metrics: { metrics: { port: 9999, path: "/m" } },
      mcp: { globalSettings: { requestTimeout: "1min" } },
      access: { access: { rateLimit: { windowMs: 1500 } } },
    });
    assert.deepEqual(
      [env.LOG_LEVEL, mcp.globalSettings.logLevel, filesystem.logging.level, filesystem.server.logLevel],
      ["WARN", "WARN", "WARN", "WARN"],
    );
    assert.deepEqual([env.LOG_BACKUP_COUNT, memory.logging.maxFiles], [3, 3]);
    assert.deepEqual([memory.server.logLevel, env.MCP_MEMORY_LOG_LEVEL], ["DEBUG", "DEBUG"]);
    assert.deepEqual([memory.database.maxSize, env.MCP_MEMORY_MAX_SIZE], [20_000, 20_000]);
    assert.deepEqual(
      [env.METRICS_PORT, env.MONITORING_PORT, mcp.globalSettings.metricsPort],
      [9999, 9999, 9999],
    );
    assert.deepEqual([env.METRICS_ENDPOINT, metrics.metrics.endpoints.prometheus.path], ["/m", "/m"]);
    assert.deepEqual([filesystem.server.timeout, mcp.mcpServers.filesystem?.timeout], [60_000, 60_000]);
    assert.equal(env.SECURITY_RATE_LIMIT_WINDOW, 2);
  });

  it("lets one server differ where the fact is a default only", () => {
    const { filesystem, postgres, mcp } = buildFiles(facts, { postgres: { server: { timeout: 5000 } } });
    assert.deepEqual([filesystem.server.timeout, postgres.server.timeout], [30_000, 5000]);
    assert.equal(mcp.mcpServers.postgres?.timeout, 5000);
  });

  it("names in mcp.json the servers that run", () => {
    const servers = { ...factSource.servers, memory: { enabled: false, mounts: [] } };
    const { mcp } = buildFiles(fileFacts({ ...factSource, servers }, "1"));
    assert.deepEqual(Object.keys(mcp.mcpServers), ["filesystem", "postgres", "compliance"]);
  });

  it("tells each server its own clients", () => {
    const { postgres, compliance } = buildFiles(facts);
    assert.deepEqual(postgres.security.allowedUsers, ["default", "kilocode-gate", "kilocode-tools"]);
    assert.deepEqual(compliance.security.allowedUsers, ["auditor", "kilocode-gate", "kilocode-tools"]);
  });
});

describe("a key that follows from another", () => {
  for (const origin of origins.filter(({ kind }) => kind === "derived")) {
    const { place } = origin;
    it(`${stackKey(place)} cannot be set`, () => {
      const { faults } = tryFiles(facts, nested([place.file, ...place.parts], "whatever"));
      assert.equal(faults.length, 1);
      const { code, where, problem, mend } = faults[0]!;
      assert.deepEqual([code, where], ["SETTINGS_DERIVED", stackKey(place)]);
      const setting = settingOf(origin);
      if (setting === undefined) assert.match(problem, /cannot be set: .+\.$/);
      else
        assert.match(mend, new RegExp(`config set --path (--secret )?'${setting.replaceAll(".", "\\.")}'`));
    });
  }

  it("names a setting that can be set", () => {
    const settings = origins.filter(({ kind }) => kind === "derived").map(settingOf);
    const files = settings.filter((setting) => setting?.startsWith("files."));
    assert.ok(files.length > 20);
    for (const setting of files) {
      const [, file, ...parts] = setting!.split(".");
      const place = placeAt(file as "env", parts.join("/"));
      assert.ok(leafAt(place), setting);
      assert.ok(
        !origins.some((other) => other.kind === "derived" && stackKey(other.place) === setting),
        setting,
      );
    }
  });
});

describe("a key that a stack sets", () => {
  it("can be any that follows from nothing", () => {
    const derived = new Set(
      origins.filter(({ kind }) => kind === "derived").map(({ place }) => stackKey(place)),
    );
    const usual = buildFiles(facts) as unknown as Record<string, unknown>;
    for (const { place } of fileKeys.flatMap((file) => fileLeaves(file))) {
      if (derived.has(stackKey(place))) continue;
      const path = [place.file, ...place.parts];
      const value = path.reduce<unknown>((inner, part) => (inner as Record<string, unknown>)[part], usual);
      assert.deepEqual(codes(nested(path, value)), [], stackKey(place));
    }
  });

  const accepted: [string, unknown, unknown][] = [
    ["memory.memory.maxItems", 20_000, 20_000],
    ["memory.memory.maxItems", "20000", 20_000],
    ["memory.memory.similarityThreshold", "0.85", 0.85],
    ["memory.memory.retentionDays", "12 h", undefined],
    ["memory.memory.retentionDays", "P14D", 14],
    ["memory.memory.autoConsolidate", "false", false],
    ["memory.database.cleanupInterval", "30min", 1800],
    ["postgres.database.queryTimeout", "PT12.5S", 12_500],
    ["postgres.database.queryTimeout", "1.5s", 1500],
    ["postgres.database.queryTimeout", "0.1ms", undefined],
    ["filesystem.filesystem.maxFileSize", "20MB", 20_971_520],
    ["filesystem.server.maxRequestSize", 1048576, "1MB"],
    ["filesystem.server.maxRequestSize", "1.5 gb", undefined],
    ["filesystem.server.maxRequestSize", "0.5 gb", "512MB"],
    ["env.BACKUP_SCHEDULE", "*/15 0-6,22 1 * 1-5", "*/15 0-6,22 1 * 1-5"],
    ["env.BACKUP_SCHEDULE", "60 2 * * *", undefined],
    ["env.KILOCODE_PROJECT_NAME", 42, "42"],
    [
      "ssl.ssl.cipherSuites",
      ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"],
      ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"],
    ],
    ["ssl.ssl.cipherSuites", ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"], undefined],
    ["filesystem.security.cors.origins", ["https://a.example:8443"], ["https://a.example:8443"]],
    ["filesystem.security.cors.origins", ["https://a.example/path"], undefined],
    ["logging.logging.syslog.host", "10.0.0.256", undefined],
    ["metrics.metrics.collectors.database.metrics", ["queries", "queries"], undefined],
    ["metrics.metrics.collectors.database.metrics", ["queries"], ["queries"]],
  ];
  for (const [path, value, expected] of accepted) {
    it(`${path} = ${JSON.stringify(value)} ${expected === undefined ? "is refused" : "is taken"}`, () => {
      const { values, faults } = tryFiles(facts, nested(path.split("."), value));
      if (expected === undefined) {
        assert.deepEqual(
          faults.map(({ code }) => code),
          ["SETTINGS_INVALID"],
        );
        return;
      }
      assert.deepEqual(faults, []);
      const found = path
        .split(".")
        .reduce<unknown>((inner, part) => (inner as Record<string, unknown>)[part], values);
      assert.deepEqual(found, expected);
    });
  }

  it("keeps the other roles, and the rest of the role", () => {
    const roles = { service: { permissions: ["write"] }, guest: { permissions: ["read"] } };
    const { access } = buildFiles(facts, { access: { access: { authorization: { roles } } } });
    const found = access.access.authorization.roles;
    assert.deepEqual(Object.keys(found), ["admin", "user", "readonly", "service", "guest"]);
    assert.deepEqual(found["service"]?.permissions, ["write"]);
    assert.match(found["service"]?.description ?? "", /Service account/);
  });

  it("changes one rule where only a part of it is given, and all rules otherwise", () => {
    const alerts = (rules: unknown) =>
      buildFiles(facts, { metrics: { metrics: { alerting: { rules } } } }).metrics.metrics.alerting.rules;
    assert.deepEqual(
      alerts([{ threshold: "7" }]).map(({ name, threshold }) => [name, threshold]),
      [
        ["high_cpu_usage", 7],
        ["high_memory_usage", 3],
        ["high_error_rate", 10],
      ],
    );
    const own = { name: "slow", condition: "latency > 100", threshold: 2, action: "alert" };
    assert.deepEqual(alerts([own]), [own]);
    assert.deepEqual(alerts([]), []);
  });

  it("with an unknown name is refused, with the one that was meant", () => {
    const { faults } = tryFiles(facts, {
      memory: { memory: { maxItem: 1 }, maxItems: 1 },
      memroy: {},
      ".env": {},
      "logging.json": {},
      access: { access: { authorization: { resourceBased: { rules: [{ resourc: 1 }] } } } },
    });
    const lines = faults.map(
      ({ where, mend }) => `${where ?? ""}: ${mend.match(/Did you mean (\S+)\?/)?.[1] ?? "-"}`,
    );
    assert.deepEqual(lines, [
      "files.memory.memory.maxItem: files.memory.memory.maxItems",
      "files.memory.maxItems: files.memory.memory.maxItems",
      "files.memroy: files.memory",
      "files..env: files.env",
      "files.logging.json: files.logging",
      "files.access.access.authorization.resourceBased.rules[0].resourc: files.access.access.authorization.resourceBased.rules[0].resource",
    ]);
    assert.ok(faults.every(({ code }) => code === "SETTINGS_UNKNOWN_KEY"));
  });

  it("is told together with everything else that is wrong, with stack key, pointer and range", () => {
    const overrides = {
      memory: { memory: { maxItems: 0, similarityThreshold: 2 }, server: 1 },
      env: { LOG_LEVEL: "DEBUG" },
      access: { access: { authorization: { roles: { user: { permissions: ["read", "rite"] } } } } },
    };
    assert.throws(
      () => buildFiles(facts, overrides),
      (error) => error instanceof Faults && error.faults.length === 5,
    );
    const { faults } = tryFiles(facts, overrides);
    const limits = faults.find(({ where }) => where === "files.memory.memory.maxItems");
    assert.match(
      limits!.problem,
      /^0 is not allowed for memory\.json \/memory\/maxItems; allowed is a whole number from 1 to 10000000\.$/,
    );
    assert.ok(
      faults.some(({ where }) => where === "files.access.access.authorization.roles.user.permissions[1]"),
    );
  });

  it("is judged also where its server does not run", () => {
    const overrides = { mcp: { mcpServers: { memory: { alwaysAllow: ["No Tool"] } } } };
    const { faults } = tryFiles({ ...facts, enabled: ["postgres"] }, overrides);
    assert.deepEqual(
      faults.map(({ where }) => where),
      ["files.mcp.mcpServers.memory.alwaysAllow[0]"],
    );
  });

  it("shows long values shortened", () => {
    const { faults } = tryFiles(facts, { env: { KILOCODE_PROJECT_NAME: "x".repeat(1_000_000) } });
    assert.ok(faults[0]!.problem.length < 300);
  });
});

describe("settings that lead to a file that does not fit", () => {
  it("are named themselves", () => {
    const { faults } = tryFiles({ ...facts, database: { ...facts.database, poolSize: 0 } });
    assert.ok(faults.length > 0);
    assert.ok(faults.some(({ where }) => where === "postgres.maxConnections"));
  });
});
