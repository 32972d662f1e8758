import assert from "node:assert/strict";
import { parseSettings } from "#settings/parse.ts";
import { codesOf, faultsOf, production, raw } from "#test/unit/settingsCases.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;

describe("Settings", () => {
  it("are complete with nothing set", () => {
    const settings = parseSettings(raw({}));
    assert.equal(settings.environment, "dev");
    assert.deepEqual(settings.ports.published, {
      filesystem: 13000,
      postgres: 13001,
      memory: 13002,
      compliance: 13003,
      database: 13432,
    });
    assert.deepEqual(settings.clients, {
      default: { role: "user", servers: ["filesystem", "postgres", "memory", "compliance"] },
    });
    assert.equal(settings.postgres.memory, GB);
    assert.equal(settings.protect, false);
    assert.deepEqual(settings.postgres.retention, {
      auditLogs: 90,
      complianceLogs: 180,
      systemMetrics: 30,
    });
  });

  it("are frozen", () => {
    const settings = parseSettings(raw({ postgres: { settings: { jit: "on" } } }));
    assert.throws(() => Object.assign(settings.postgres.settings, { jit: "off" }), TypeError);
  });

  it("differ in prod: specified ports, more memory, protected data", () => {
    const settings = parseSettings(production());
    assert.equal(settings.ports.published.postgres, 3001);
    assert.equal(settings.ports.published.database, 5432);
    assert.equal(settings.postgres.memory, 4 * GB);
    assert.equal(settings.postgres.maxConnections, 200);
    assert.equal(settings.protect, true);
  });

  it("are as strict as prod in a stack of another name, unless it says dev", () => {
    assert.deepEqual(codesOf(raw({}, { stack: "staging" })), ["PROD_NO_BACKUPS acceptNoBackups"]);
    assert.deepEqual(codesOf(raw({ environment: "dev" }, { stack: "staging" })), []);
  });

  it("take values as people and `pulumi config set` write them", () => {
    const settings = parseSettings(
      raw({
        network: { portBase: 20000, publish: "0.0.0.0", hostnames: ["mcp.example.org"] },
        postgres: {
          memory: "1.5GB",
          cpus: "1.5",
          maxConnections: "40",
          settings: { jit: true, autovacuum_naptime: "30s", hash_mem_multiplier: 3 },
          retention: { auditLogs: "12 weeks", systemMetrics: 7 },
        },
        servers: { postgres: { memory: "512 MiB", cpus: 0.5, port: 9443 } },
        clients: { "build-bot": { role: "readonly", expires: "2027-06-30" }, editor: {} },
        secrets: { smtp: "f7#qd0!mm2Lz" },
        protect: "true",
      }),
    );
    assert.equal(settings.postgres.memory, 1536 * MB);
    assert.equal(settings.postgres.cpus, 1.5);
    assert.equal(settings.postgres.maxConnections, 40);
    assert.deepEqual(settings.postgres.settings, {
      jit: "on",
      autovacuum_naptime: "30s",
      hash_mem_multiplier: "3",
    });
    assert.equal(settings.postgres.retention.auditLogs, 84);
    assert.equal(settings.postgres.retention.systemMetrics, 7);
    assert.equal(settings.servers.postgres.memory, 512 * MB);
    assert.equal(settings.ports.published.postgres, 9443);
    assert.equal(settings.ports.published.database, 20432);
    assert.deepEqual(settings.clients["build-bot"], {
      role: "readonly",
      servers: ["filesystem", "postgres", "memory", "compliance"],
      expires: "2027-06-30T00:00:00.000Z",
    });
    assert.deepEqual(settings.secrets, ["smtp"]);
    assert.equal(settings.protect, true);
  });

  it("lift limits in dev with none", () => {
    const settings = parseSettings(
      raw({ postgres: { cpus: "none" }, servers: { postgres: { memory: "none", cpus: "none" } } }),
    );
    assert.equal(settings.postgres.cpus, 0);
    assert.equal(settings.servers.postgres.memory, 0);
  });

  it("may name no client at all", () => {
    assert.deepEqual(parseSettings(raw({ clients: {} })).clients, {});
  });
});

/** Each of these is wrong in one way and gives one fault. */
const single: [what: string, config: Record<string, unknown>, fault: string, mend: RegExp][] = [
  ["a misspelt key", { postgress: {} }, "SETTINGS_UNKNOWN_KEY postgress", /Did you mean postgres\?/],
  [
    "a misspelt nested key",
    { postgres: { memry: "1GB" } },
    "SETTINGS_UNKNOWN_KEY postgres.memry",
    /Did you mean postgres\.memory\?/,
  ],
  [
    "a misspelt key of a client",
    { clients: { a: { rol: "user" } } },
    "SETTINGS_UNKNOWN_KEY clients.a.rol",
    /Did you mean clients\.a\.role\?/,
  ],
  ["an unknown key", { colour: "blue" }, "SETTINGS_UNKNOWN_KEY colour", /config rm --path 'colour'/],
  [
    "a flat dotted key",
    { "postgres.memory": "2GB" },
    "SETTINGS_FLAT_KEY postgres.memory",
    /config set --path 'postgres\.memory' VALUE/,
  ],
  ["a flat list", { "network.hostnames[0]": "a" }, "SETTINGS_FLAT_KEY network.hostnames[0]", /--path/],
  ["text for an object", { postgres: "2GB" }, "SETTINGS_INVALID postgres", /--path/],
  [
    "a size without unit",
    { postgres: { memory: "2048" } },
    "SETTINGS_INVALID postgres.memory",
    /postgres\.memory/,
  ],
  ["a number out of range", { network: { portBase: 80 } }, "SETTINGS_INVALID network.portBase", /portBase/],
  [
    "a host name with a scheme",
    { network: { hostnames: ["https://x"] } },
    "SETTINGS_INVALID network.hostnames[0]",
    /hostnames/,
  ],
  [
    "a date that does not exist",
    { clients: { a: { expires: "2027-02-31" } } },
    "SETTINGS_INVALID clients.a.expires",
    /expires/,
  ],
  [
    "a server that does not exist",
    { clients: { a: { servers: ["postgre"] } } },
    "SETTINGS_INVALID clients.a.servers[0]",
    /servers/,
  ],
  ["a client name with a space", { clients: { "a b": {} } }, 'SETTINGS_INVALID clients["a b"]', /rm --path/],
  [
    "retention of no day",
    { postgres: { retention: { auditLogs: 0 } } },
    "SETTINGS_INVALID postgres.retention.auditLogs",
    /auditLogs/,
  ],
  [
    "too little memory",
    { postgres: { memory: "256MB" } },
    "SETTINGS_MEMORY postgres.memory",
    /postgres\.memory 448MB/,
  ],
  [
    "too many connections",
    { postgres: { maxConnections: 500 } },
    "SETTINGS_MEMORY postgres.memory",
    /maxConnections/,
  ],
  [
    "overrides beyond the memory",
    { postgres: { settings: { work_mem: "64MB" } } },
    "SETTINGS_MEMORY postgres.settings",
    /work_mem/,
  ],
  [
    "two services on one port",
    { servers: { postgres: { port: 13432 } } },
    "SETTINGS_CONFLICT postgres.port",
    /13433/,
  ],
  ["a port beyond the last", { network: { portBase: 65300 } }, "SETTINGS_INVALID network.portBase", /13000/],
  [
    "two ways to an engine",
    { docker: { host: "unix:///x", context: "y" } },
    "SETTINGS_CONFLICT docker",
    /docker\.host/,
  ],
  [
    "a server not enabled",
    { clients: { a: { servers: ["memory"] } }, servers: { memory: { enabled: false } } },
    "SETTINGS_CONFLICT clients.a.servers",
    /servers\.memory\.enabled/,
  ],
  [
    "an unknown PostgreSQL setting",
    { postgres: { settings: { work_men: "4MB" } } },
    "SETTINGS_INVALID postgres.settings.work_men",
    /work_mem/,
  ],
  [
    "TLS off",
    { postgres: { settings: { ssl: "off" } } },
    "SETTINGS_INVALID postgres.settings.ssl",
    /leave it out/,
  ],
  [
    "no authentication",
    { servers: { postgres: { authentication: "none" } } },
    "SETTINGS_INVALID servers.postgres.authentication",
    /rm --path/,
  ],
  [
    "a mount of the engine's socket",
    { servers: { filesystem: { mounts: [{ source: "/var/run/docker.sock", target: "/mnt/x" }] } } },
    "SETTINGS_INVALID servers.filesystem.mounts[0]",
    /mounts\[0\]\.source/,
  ],
  [
    "a mount over the image",
    { servers: { filesystem: { mounts: [{ source: "/srv", target: "/usr/lib" }] } } },
    "SETTINGS_INVALID servers.filesystem.mounts[0]",
    /mounts\[0\]\.target/,
  ],
  [
    "a mount of a relative path",
    { servers: { filesystem: { mounts: [{ source: "./src", target: "/mnt/src" }] } } },
    "SETTINGS_INVALID servers.filesystem.mounts[0].source",
    /source/,
  ],
  [
    "the user of another service",
    { servers: { filesystem: { user: 3001 } } },
    "SETTINGS_CONFLICT servers.filesystem.user",
    /user UID/,
  ],
  [
    "root as user",
    { servers: { filesystem: { user: 0 } } },
    "SETTINGS_INVALID servers.filesystem.user",
    /user/,
  ],
  [
    "a user of another server",
    { servers: { memory: { user: 1000 } } },
    "SETTINGS_UNKNOWN_KEY servers.memory.user",
    /rm --path/,
  ],
  [
    "a file's key that does not exist",
    { files: { memory: { maxItems: 1 } } },
    "SETTINGS_UNKNOWN_KEY files.memory.maxItems",
    /Did you mean files\.memory\.memory\.maxItems\?/,
  ],
  [
    "a file's key that follows from a setting",
    { files: { env: { LOG_LEVEL: "DEBUG" } } },
    "SETTINGS_DERIVED files.env.LOG_LEVEL",
    /config set --path 'files\.logging\.logging\.level'/,
  ],
  ["a rotation", { rotation: { database: 2 } }, "SETTINGS_INVALID rotation.database", /rm --path/],
  [
    "networks of clients that all come through one gateway",
    { network: { clients: ["10.0.0.0/8"] } },
    "FILES_RULE network.clients",
    /trustedProxies/,
  ],
  ["a tunnel", { postgres: { reach: "tunnel" } }, "SETTINGS_INVALID postgres.reach", /rm --path/],
];

describe("networks of clients", () => {
  it("are taken where clients' own addresses are seen: another address to publish on, or a trusted proxy", () => {
    const clients = ["10.0.0.0/8"];
    const hostnames = ["mcp.example.org"];
    assert.deepEqual(codesOf(raw({ network: { clients, hostnames, publish: "0.0.0.0" } })), []);
    const files = { access: { access: { trustedProxies: { networks: ["172.16.0.0/12"] } } } };
    assert.deepEqual(codesOf(raw({ network: { clients }, files })), []);
  });
});

describe("A wrong setting is one clear error:", () => {
  for (const [what, config, fault, mend] of single) {
    it(what, () => {
      const faults = faultsOf(raw(config));
      assert.deepEqual(
        faults.map(({ code, where }) => `${code} ${where ?? ""}`),
        [fault],
      );
      assert.match(faults[0]?.mend ?? "", mend);
    });
  }

  it("a key in a namespace that was meant for ours", () => {
    const given = raw({}, { foreignKeys: ["kilocode:environment"] });
    assert.deepEqual(codesOf(given), ["SETTINGS_UNKNOWN_KEY kilocode:environment"]);
  });
});
