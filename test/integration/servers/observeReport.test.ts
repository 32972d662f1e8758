import assert from "node:assert/strict";
import type { SelfReport } from "#model/selfReport.ts";
import { withSession } from "#providers/database/connect.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

interface Row {
  readonly report: SelfReport;
  readonly reported_by: string;
  readonly seconds: number;
}

describe("what a server says of itself in the database", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage, { server: "memory" });
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  async function report(fits: (row: Row) => boolean = () => true): Promise<Row> {
    for (;;) {
      const { rows } = await stage.asSuperuser((client) =>
        client.query<Row>(
          `SELECT report, reported_by, extract(epoch FROM clock_timestamp() - reported_at)::float8 AS seconds
             FROM mcp.server_reports WHERE server_name = 'memory'`,
        ),
      );
      if (rows[0] && fits(rows[0])) return rows[0];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const status = async () => {
    const { rows } = await stage.asSuperuser((client) =>
      client.query<{ status: string; server_type: string; reported_by: string }>(
        "SELECT status, server_type, reported_by FROM mcp.server_status WHERE server_name = 'memory'",
      ),
    );
    return rows[0];
  };

  it("comes right after the start, with the login and the clock of the database", async () => {
    const { report: said, reported_by, seconds } = await report();
    assert.equal(reported_by, "memory_1");
    assert.ok(seconds < 60, String(seconds));
    assert.equal(said.uid, process.getuid?.());
    assert.deepEqual(said.environment, []);
    assert.match(said.capabilities.bounding, /^[0-9a-f]{16}$/);
    const secret = said.files.find(({ path }) => path === "/etc/kilocode/secrets/database-password");
    assert.match(String(secret?.mode), /^0[0-7]{3}$/);
    assert.ok(said.files.some(({ path }) => path === "/etc/kilocode"));
    assert.equal(said.tls.protocol, "TLSv1.2");
    assert.ok(said.tls.suites.includes("TLS_AES_256_GCM_SHA384"));
    assert.ok(Date.parse(said.tls.certificateEnds) > Date.now());
    assert.equal(said.inForce.authentication, true);
    assert.doesNotMatch(JSON.stringify(said), new RegExp(stage.passwords.memory_1));
    assert.deepEqual(await status(), { status: "running", server_type: "mcp", reported_by: "memory_1" });
  });

  it("comes anew when other files are in force", async () => {
    const before = (await report()).report.tls.fingerprint;
    await server.deliver({
      certificate: selfSigned(),
      overrides: {
        ssl: { ssl: { protocol: "TLSv1.3" } },
        access: { access: { rateLimit: { enabled: false } } },
      },
    });
    const { report: said } = await report((row) => row.report.tls.fingerprint !== before);
    assert.equal(said.tls.protocol, "TLSv1.3");
    assert.equal(said.inForce.rateLimit, false);
  });

  it("may be read by who judges it, and written through its function only", async () => {
    for (const login of ["postgres_reader_1", "compliance_1", "app_user_1"] as const) {
      const { rows } = await withSession(stage.login(login), (client) =>
        client.query("SELECT server_name FROM mcp.server_reports"),
      );
      assert.equal(rows.length, 1, login);
    }
    for (const sql of ["SELECT FROM mcp.server_reports", "UPDATE mcp.server_reports SET report = '{}'"]) {
      await assert.rejects(
        withSession(stage.login("memory_1"), (client) => client.query(sql)),
        /42501/,
      );
    }
    const large = `SELECT mcp.record_self_report('memory', jsonb_build_object('x', repeat('x', 70000)))`;
    await assert.rejects(
      withSession(stage.login("memory_1"), (client) => client.query(large)),
      /23514/,
    );
    const samples = (count: number) =>
      withSession(stage.login("memory_1"), (client) =>
        client.query<{ n: number }>(
          `SELECT mcp.record_samples('memory', (SELECT jsonb_agg(jsonb_build_object('name', 'x', 'value', i, 'unit', 's'))
             FROM generate_series(1, $1::int) i)) AS n`,
          [count],
        ),
      );
    assert.equal((await samples(1000)).rows[0]?.n, 1000);
    await assert.rejects(samples(1001), /22023/);
  });

  it("says at SIGTERM that it stopped", async () => {
    server.signal("SIGTERM");
    assert.equal(await server.exited, 0);
    assert.equal((await status())?.status, "stopped");
  });
});
