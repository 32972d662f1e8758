import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { settingCatalog } from "#model/postgres/catalog.ts";
import { postgresConfiguration } from "#model/postgres/configuration.ts";
import { overrideProblems } from "#model/postgres/overrides.ts";
import { quoteSetting } from "#model/postgres/quote.ts";
import { readSettings, unquote } from "#test/unit/postgresConf.ts";

const resources = { memory: 4 * 1024 ** 3, cpus: 2, workload: "web", storage: "ssd" } as const;

function configuration(settings: Record<string, string> = {}) {
  return postgresConfiguration({ ...resources, settings });
}

/** The settings of specification.md §4. */
const specified = (
  "listen_addresses port max_connections shared_buffers effective_cache_size work_mem maintenance_work_mem " +
  "checkpoint_completion_target wal_buffers default_statistics_target log_statement log_duration " +
  "log_line_prefix log_timezone ssl ssl_cert_file ssl_key_file password_encryption random_page_cost " +
  "effective_io_concurrency"
).split(" ");

describe("postgresql.conf", () => {
  it("has every setting of the specification exactly once", () => {
    const names = readSettings(configuration().conf).map(([name]) => name.toLowerCase());
    for (const name of specified) assert.equal(names.filter((other) => other === name).length, 1, name);
    assert.equal(new Set(names).size, names.length);
  });

  it("holds only settings that PostgreSQL 17 knows, with values that it takes", () => {
    const settings = Object.fromEntries(readSettings(configuration().conf));
    const fixed = /cannot be set here/;
    const problems = overrideProblems(settings).filter(({ problem }) => !fixed.test(problem));
    assert.deepEqual(problems, []);
  });

  it("logs no password and every line's role, database, application and host", () => {
    const settings = new Map(readSettings(configuration().conf));
    assert.equal(settings.get("log_statement"), "none");
    assert.equal(settings.get("pgaudit.log"), "ddl, role");
    assert.equal(settings.get("log_min_duration_statement"), "-1");
    assert.equal(settings.get("log_duration"), "off");
    assert.equal(settings.get("log_min_error_statement"), "panic");
    assert.equal(settings.get("log_parameter_max_length"), "0");
    assert.match(settings.get("log_line_prefix") ?? "", /%q.*%u@%d.*%a.*%h/);
    assert.equal(settings.get("ssl_min_protocol_version"), "TLSv1.2");
  });

  it("puts an override in the place of the setting, whatever its case, and others at the end", () => {
    const { conf } = configuration({ Work_Mem: "8MB", "hnsw.ef_search": "100", autovacuum_naptime: "30s" });
    const settings = readSettings(conf);
    assert.deepEqual(
      settings.filter(([name]) => name === "work_mem"),
      [["work_mem", "8MB"]],
    );
    assert.deepEqual(settings.slice(-2), [
      ["autovacuum_naptime", "30s"],
      ["hnsw.ef_search", "100"],
    ]);
  });

  it("names the settings that need a restart, and no others", () => {
    const { restartSettings } = configuration({ work_mem: "8MB", max_locks_per_transaction: "128" });
    assert.equal(restartSettings["max_locks_per_transaction"], "128");
    assert.equal(restartSettings["shared_buffers"], "1GB");
    assert.equal("work_mem" in restartSettings, false);
    for (const name of Object.keys(restartSettings)) {
      assert.equal(settingCatalog.get(name.toLowerCase())?.context, "postmaster");
    }
  });

  it("renders the same settings to the same bytes, in whatever order they were set", () => {
    const one = configuration({ jit: "on", "hnsw.ef_search": "80", deadlock_timeout: "2s" });
    const other = configuration({ deadlock_timeout: "2s", "hnsw.ef_search": "80", jit: "on" });
    assert.equal(one.conf, other.conf);
  });

  it("writes any text so that it is read back exactly, or refuses it", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string(), hostile());
    fc.assert(
      fc.property(text, (value) => {
        if (value.includes("\0") || !value.isWellFormed()) {
          assert.throws(() => quoteSetting(value), TypeError);
          return;
        }
        const quoted = quoteSetting(value);
        assert.ok(!/[\n\r]/.test(quoted));
        assert.equal(unquote(quoted), value);
      }),
      { numRuns: 1000 },
    );
    assert.equal(unquote(quoteSetting("'\\\n".repeat(400_000))), "'\\\n".repeat(400_000));
  });

  it("is refused by name with what it may not hold", () => {
    const refused = {
      data_directory: "/elsewhere",
      hba_file: "/etc/hba",
      ssl_cert_file: "/tmp/x",
      listen_addresses: "localhost",
      max_connections: "10",
      include: "/etc/passwd",
      include_if_exists: "x",
      server_version: "9",
      shared_preload_libraries: "evil",
      work_men: "4MB",
      shared_buffers: "lots",
      wal_level: "all",
      jit: "perhaps",
      maintenance_work_mem: "1 apple",
      "foo.bar": "1",
      log_timezone: "U\0C",
      archive_command: "rm -rf /",
    };
    const problems = overrideProblems(refused);
    assert.deepEqual(
      problems.map(({ name }) => name),
      Object.keys(refused),
    );
    assert.match(problems.find(({ name }) => name === "work_men")?.mend ?? "", /work_mem/);
    assert.match(problems.find(({ name }) => name === "listen_addresses")?.mend ?? "", /network\.publish/);
    assert.throws(() => configuration({ data_directory: "/elsewhere" }), { name: "Faults" });
    assert.equal(overrideProblems({ jit: "on", JIT: "off" }).length, 1);
  });
});

describe("pg_hba.conf", () => {
  it("lets the superuser in locally by peer, everybody else by TLS and SCRAM, and nobody otherwise", () => {
    const rules = configuration()
      .hba.split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(/\s+/).join(" "));
    assert.deepEqual(rules, [
      "local all postgres peer",
      "local all all reject",
      "hostssl all all all scram-sha-256",
      "hostnossl all all all reject",
    ]);
  });
});

describe("Templates", () => {
  it("paste no value but through the helper that quotes it", () => {
    const template = readFileSync(
      new URL("../../templates/postgres/postgresql.conf.hbs", import.meta.url),
      "utf8",
    );
    assert.match(template, /\{\{name\}\} = \{\{setting value\}\}/);
  });
});

function hostile() {
  const parts = [
    "'",
    "''",
    "\\",
    "\\'",
    "\n",
    "\r\n",
    "\t",
    "#",
    "=",
    "${x}",
    "`id`",
    "{{x}}",
    "é",
    "\u0007",
    "😀",
  ];
  return fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((found) => found.join(""));
}
