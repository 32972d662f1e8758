import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { settingCatalog } from "#model/postgres/catalog.ts";
import { quoteSetting } from "#model/postgres/quote.ts";
import { connection, queryOnce, startPostgres, type TestPostgres } from "#test/integration/postgresServer.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";

describe("PostgreSQL in its container", function () {
  this.timeout(600_000);
  let server: TestPostgres;

  before(async () => {
    server = await startPostgres({
      settings: { log_line_prefix: "%m [%p] %e %q%u@%d app=%a host=%h it's \\ " },
    });
  });
  after(async () => {
    await server.stop();
  });

  it("runs without root, capabilities or new privileges", async () => {
    const status = await run(server, ["cat", "/proc/1/status"]);
    assert.match(status, /^Uid:\s+5432\s+5432/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
  });

  it("reads its files without an error and finds no setting twice", async () => {
    const settings = await server.query("SELECT name, setting, applied, error FROM pg_file_settings");
    assert.ok(settings.length > 40);
    assert.deepEqual(
      settings.filter(({ error, applied }) => error !== null || applied !== true),
      [],
    );
    const names = settings.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const rules = await server.query("SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL");
    assert.deepEqual(rules, []);
  });

  it("has the settings that the catalog says, with the same contexts, units and limits", async () => {
    const rows = await server.query(
      "SELECT name, context, vartype AS type, unit, min_val::float8 AS min, max_val::float8 AS max, enumvals AS values FROM pg_settings WHERE name NOT LIKE '%.%'",
    );
    const found = rows
      .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))
      // Its only value changes with every minor release.
      .filter(({ name }) => name !== "server_version_num");
    const known = [...settingCatalog.values()].filter(({ name }) => name !== "server_version_num");
    const byName = (a: { name?: unknown }, b: { name?: unknown }) =>
      String(a.name) < String(b.name) ? -1 : 1;
    assert.deepEqual(found.sort(byName), known.sort(byName));
  });

  it("reads hostile values back exactly", async () => {
    const values = [
      [
        "'",
        "''",
        "\\",
        "\\'",
        "a\nb",
        "\r\n\t\b\f",
        "\u0001\u001f\u007f",
        "#x",
        "${x} `id` {{y}}",
        "=",
        " ",
        "",
      ],
      ["ünï", "😀", "\u2028\u0085", "%m [%p] %q%u@%d ", "0x10", "1.5GB", "on", "include 'x'"],
      ["x".repeat(1_000_000), "'\\\n".repeat(30_000)],
    ].flat();
    const lines = values.map((value, index) => `kilocode_test.v${String(index)} = ${quoteSetting(value)}`);
    await server.reconfigure(`${server.conf}\n${lines.join("\n")}\n`);
    const rows = await server.query(
      "SELECT name, setting, error FROM pg_file_settings WHERE name LIKE 'kilocode_test.%'",
    );
    assert.deepEqual(
      rows.filter(({ error }) => error !== null),
      [],
    );
    for (const [index, value] of values.entries()) {
      const row = rows.find(({ name }) => name === `kilocode_test.v${String(index)}`);
      assert.ok(row?.["setting"] === value, JSON.stringify(value.slice(0, 40)));
    }
    await server.reconfigure(server.conf);
  });

  it("takes verified TLS and a password, and nothing else", async () => {
    const { port, ca, password } = server;
    const rows = await server.query("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    assert.match(String(rows[0]?.["version"]), /^TLSv1\.[23]$/);
    const config = connection(port, ca, password);
    await assert.rejects(queryOnce({ ...config, ssl: false }, "SELECT 1"), /no encryption/);
    await assert.rejects(queryOnce({ ...config, password: "wrong" }, "SELECT 1"), { code: "28P01" });
    const ssl = { ca: selfSigned().certificate, servername: "localhost" };
    await assert.rejects(queryOnce({ ...config, ssl }, "SELECT 1"), /self-signed|verify/);
    const old = {
      ca,
      servername: "localhost",
      maxVersion: "TLSv1.1" as const,
      minVersion: "TLSv1.1" as const,
    };
    await assert.rejects(queryOnce({ ...config, ssl: old }, "SELECT 1"));
  });

  it("stores the superuser's verifier as given, with checksums, UTF-8 and pgvector at hand", async () => {
    const [row] = await server.query(
      `SELECT (SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres') AS verifier,
              current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding,
              (SELECT count(*)::int FROM pg_available_extensions WHERE name = 'vector') AS vector`,
    );
    assert.deepEqual(row, { verifier: server.verifier, checksums: "on", encoding: "UTF8", vector: 1 });
  });

  it("logs changes of roles and tables, slow queries, and no password of a statement that succeeds or fails", async () => {
    const planted = randomBytes(12).toString("hex");
    await server.query(`CREATE ROLE audited PASSWORD '${planted}'`);
    await assert.rejects(server.query(`ALTER ROLE nobody_here PASSWORD '${planted}'`), { code: "42704" });
    await assert.rejects(server.query(`ALTER ROLE audited PASSWORD '${planted}' nonsense`), {
      code: "42601",
    });
    await server.query("CREATE TABLE audited_table (n int)");
    await server.query("SELECT pg_sleep(1.1), 'slow one'");
    const logs = await server.logs();
    assert.match(logs, /42704 postgres@postgres app=\S* host=\S+ it's \\ ERROR/);
    assert.match(logs, /AUDIT: SESSION,.*CREATE ROLE audited PASSWORD <REDACTED>/);
    assert.match(logs, /AUDIT: SESSION,.*CREATE TABLE audited_table/);
    assert.match(logs, /duration: .* plan:\s+Query Text: SELECT pg_sleep\(1\.1\), 'slow one'/);
    assert.ok(!logs.includes(planted));
    const inspected = JSON.stringify(await server.container.inspect());
    for (const secret of [server.password, server.verifier]) {
      assert.ok(!logs.includes(secret) && !inspected.includes(secret));
    }
  });

  it("ends a query that wants all memory, and no other session", async () => {
    const started = () => server.query("SELECT pg_postmaster_start_time()::text AS at");
    const before = await started();
    const bomb = "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 900)";
    await assert.rejects(server.query(bomb), { code: "53200" });
    assert.deepEqual(await started(), before);
    assert.ok(!(await server.logs()).includes("terminated by signal 9"));
  });

  it("has a /dev/shm that holds a parallel index build, which a smaller one would not", async () => {
    const build = (memory: string) =>
      server.query(
        `SET maintenance_work_mem = '${memory}'; SET min_parallel_table_scan_size = 0;
         DROP INDEX IF EXISTS vectors_hnsw; CREATE INDEX vectors_hnsw ON vectors USING hnsw (v vector_l2_ops)`,
      );
    await server.query(
      `CREATE EXTENSION vector; CREATE TABLE vectors (v vector(8)) WITH (parallel_workers = 2);
       INSERT INTO vectors SELECT ARRAY(SELECT random() FROM generate_series(1, 8) WHERE n > 0) FROM generate_series(1, 2000) n`,
    );
    const [tuned] = await server.query("SELECT current_setting('maintenance_work_mem') AS memory");
    await build(String(tuned?.["memory"]));
    await assert.rejects(build("400MB"), /could not resize shared memory segment/);
  });

  it("refuses ALTER SYSTEM: the rendered file is the only source", async () => {
    await assert.rejects(server.query("ALTER SYSTEM SET work_mem = '1MB'"), /ALTER SYSTEM is not allowed/);
  });

  it("keeps its data over a stop and a start", async () => {
    await server.query("CREATE TABLE kept AS SELECT 1 AS n");
    await server.container.restart();
    const { NetworkSettings: settings } = await server.container.inspect();
    const port = Number(settings.Ports["5432/tcp"]?.[0]?.HostPort);
    const config = connection(port, server.ca, server.password);
    for (let attempt = 0; attempt < 100; attempt++) {
      const rows = await queryOnce(config, "SELECT n FROM kept").catch(() => undefined);
      if (rows !== undefined) return assert.deepEqual(rows, [{ n: 1 }]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return assert.fail(await server.logs());
  });
});

describe("A data volume", function () {
  this.timeout(600_000);

  it("whose initialisation was killed is initialised anew", async () => {
    const server = await startPostgres({
      prepare: "mkdir data.unfinished && echo 17 > data.unfinished/PG_VERSION && chown -R 5432:5432 .",
    });
    try {
      assert.equal((await run(server, ["ls", "/var/lib/postgresql"])).trim(), "data");
    } finally {
      await server.stop();
    }
  });

  const refused: [what: string, prepare: string, message: RegExp][] = [
    [
      "of another major version",
      "mkdir data && echo 16 > data/PG_VERSION && chown -R 5432:5432 .",
      /holds data of PostgreSQL 16/,
    ],
    [
      "that holds something else",
      "mkdir data && echo x > data/notes && chown -R 5432:5432 .",
      /not a data directory/,
    ],
    ["that the server may not write to", "echo x > lost && chown 0:0 . && chmod 0755 .", /not writable/],
  ];
  for (const [what, prepare, message] of refused) {
    it(`${what} is refused with a sentence`, async () => {
      const server = await startPostgres({ prepare, wait: false });
      try {
        const { StatusCode: status } = (await server.container.wait()) as { StatusCode: number };
        assert.equal(status, 78);
        assert.match(await server.logs(), message);
      } finally {
        await server.stop();
      }
    });
  }
});

/** Output of a command in the server's container. */
async function run(server: TestPostgres, command: string[]): Promise<string> {
  const exec = await server.container.exec({ Cmd: command, AttachStdout: true, Tty: true });
  const stream: Readable = await exec.start({ Tty: true });
  let output = "";
  for await (const piece of stream) output += String(piece);
  return output.replaceAll("\r", "");
}
