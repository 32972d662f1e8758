import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { readingTools } from "#model/client/readingTools.ts";
import { serverNames } from "#model/names.ts";
import {
  ageReport,
  databaseFacts,
  factsOf,
  quiet,
  reported,
  reportedAnew,
  writeFacts,
  writeReport,
} from "./complianceStage.ts";
import { eventually } from "./memoryStage.ts";
import { ask } from "./metricsRequest.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

interface Result {
  readonly rule: string;
  readonly server: string;
  readonly status: string;
  readonly message: string;
}

describe("the compliance server's checks", function () {
  this.timeout(240_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    stage = await readyStage();
    await stage.asSuperuser((session) => session.query("SELECT FROM mcp.run_maintenance(true)"));
    await writeFacts(stage);
    server = await startServer(stage, { server: "compliance", settings: { metrics: quiet } });
    await reported(stage, "compliance");
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
  });
  beforeEach(async () => {
    await writeFacts(stage);
    for (const name of serverNames) await writeReport(stage, name);
  });

  const call = (name: string, args: Record<string, unknown> = {}) => callTool(client, name, args);
  const sql = (text: string) => stage.asSuperuser((session) => session.query(text));
  async function results(args: Record<string, unknown> = {}): Promise<Result[]> {
    const { failed, text, structured } = await call("run_checks", args);
    assert.equal(failed, false, text);
    const all = await call("get_results", { run: structured["run"] });
    return all.structured["results"] as Result[];
  }
  async function verdict(rule: string, name: string): Promise<string> {
    const found = (await results({ rules: [rule] })).filter((result) => result.server === name);
    assert.equal(found.length, 1, `${rule} for ${name}`);
    return `${found[0]!.status}: ${found[0]!.message}`;
  }

  it("pass on a deployment that is as it should be", async () => {
    const all = await results();
    assert.deepEqual(
      all.filter(({ status }) => status !== "passed"),
      [],
    );
    assert.ok(new Set(all.map(({ rule }) => rule)).size >= 80);
    const { structured } = await call("get_score");
    assert.equal(structured["score"], 100);
  });

  it("of a setting: fail where PostgreSQL has another value, and pass when it is back", async () => {
    /** Connections that were open keep the value that they began with. */
    const reconnect = () => reportedAnew(stage, "compliance", () => server.deliver());
    await sql("ALTER DATABASE mcp_db SET log_lock_waits = off");
    await reconnect();
    const broken = await verdict("logging-locks", "database");
    const overridden = await verdict("access-role-settings", "database");
    await sql("ALTER DATABASE mcp_db RESET log_lock_waits");
    await reconnect();
    assert.match(broken, /^warning: .*log_lock_waits is off, not on/);
    assert.match(overridden, /^failed: .*log_lock_waits for/);
    assert.match(await verdict("logging-locks", "database"), /^passed/);
  });

  it("of a query: fail with what was found, and pass when it is gone", async () => {
    const cases: [rule: string, breaks: string, mends: string, found: RegExp][] = [
      [
        "access-surplus-grants",
        "GRANT DELETE ON mcp.users TO mcp_reader",
        "REVOKE DELETE ON mcp.users FROM mcp_reader",
        /mcp_reader has DELETE on users/,
      ],
      [
        "access-missing-grants",
        "REVOKE SELECT ON mcp.memory_items FROM mcp_reader",
        "GRANT SELECT ON mcp.memory_items TO mcp_reader",
        /mcp_reader lacks SELECT on memory_items/,
      ],
      [
        "access-foreign-objects",
        "CREATE TABLE mcp.stray ()",
        "DROP TABLE mcp.stray",
        /table stray of postgres/,
      ],
      ["access-role-attributes", "CREATE ROLE king CREATEDB", "DROP ROLE king", /king has CREATEDB/],
      ["access-unknown-logins", "CREATE ROLE guest LOGIN", "DROP ROLE guest", /login guest/],
      [
        "access-memberships",
        "GRANT mcp_memory TO postgres_reader_1",
        "REVOKE mcp_memory FROM postgres_reader_1",
        /postgres_reader_1 is a member of mcp_memory/,
      ],
      [
        "access-public-databases",
        "GRANT CONNECT ON DATABASE mcp_db TO PUBLIC",
        "REVOKE CONNECT ON DATABASE mcp_db FROM PUBLIC",
        /PUBLIC has CONNECT on database mcp_db/,
      ],
      [
        "access-public-schemas",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        /PUBLIC has CREATE on schema public/,
      ],
      [
        "access-public-languages",
        "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
        /language plpgsql/,
      ],
      [
        "access-public-functions",
        "GRANT EXECUTE ON FUNCTION pg_terminate_backend TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION pg_terminate_backend FROM PUBLIC",
        /PUBLIC may call pg_terminate_backend/,
      ],
      [
        "access-definer-functions",
        "CREATE FUNCTION public.loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION public.loose()",
        /loose\(\)/,
      ],
      [
        "credential-expired-keys",
        "UPDATE mcp.api_keys SET expires_at = now() - interval '1 day' WHERE key_id = 'nothing.1'",
        "UPDATE mcp.api_keys SET expires_at = NULL WHERE key_id = 'nothing.1'",
        /key nothing\.1 expired on/,
      ],
      [
        "credential-old-keys",
        "UPDATE mcp.api_keys SET created_at = now() - interval '400 days' WHERE key_id = 'nothing.1'",
        "UPDATE mcp.api_keys SET created_at = now() WHERE key_id = 'nothing.1'",
        /key nothing\.1 is 400 days old/,
      ],
      [
        "credential-idle-accounts",
        "UPDATE mcp.api_keys SET is_active = false WHERE key_id = 'nothing.1'",
        "UPDATE mcp.api_keys SET is_active = true WHERE key_id = 'nothing.1'",
        /account nothing is active/,
      ],
      [
        "credential-password-accounts",
        "UPDATE mcp.users SET password_hash = 'x' WHERE username = 'nothing'",
        "UPDATE mcp.users SET password_hash = '!' WHERE username = 'nothing'",
        /account nothing has a password/,
      ],
      [
        "database-unknown-extensions",
        "CREATE EXTENSION tablefunc SCHEMA extensions",
        "DROP EXTENSION tablefunc",
        /extension tablefunc/,
      ],
      [
        "database-maintenance",
        "UPDATE mcp.maintenance_runs SET finished_at = now() - interval '3 hours'",
        "UPDATE mcp.maintenance_runs SET finished_at = now()",
        /maintenance last ended/,
      ],
      [
        "database-retention",
        "UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'",
        "UPDATE mcp.maintenance_settings SET retention_days = 90 WHERE table_name = 'audit_logs'",
        /audit_logs keeps rows for 7 days; deployed was 90/,
      ],
      [
        "logging-audit-guards",
        "ALTER TABLE mcp.audit_logs DISABLE TRIGGER refuse_change",
        "ALTER TABLE mcp.audit_logs ENABLE TRIGGER refuse_change",
        /audit_logs has no refuse_change trigger/,
      ],
      [
        "container-silence",
        "UPDATE mcp.server_status SET last_heartbeat = now() - interval '30 days' WHERE server_name = 'memory'",
        "UPDATE mcp.server_status SET last_heartbeat = now() WHERE server_name = 'memory'",
        /memory gave its last sign of life/,
      ],
    ];
    for (const [rule, breaks, mends, found] of cases) {
      await sql(breaks);
      const broken = await verdict(rule, "database");
      await sql(mends);
      assert.match(broken, /^(failed|warning): /, rule);
      assert.match(broken, found, rule);
      assert.match(await verdict(rule, "database"), /^passed/, rule);
    }
  });

  it("of a report: fail where the server says otherwise, with facts that say so, too", async () => {
    const weak = { ...factsOf("memory"), readOnlyRoot: false };
    await writeFacts(stage, { memory: weak });
    await writeReport(stage, "memory", { readOnlyRoot: false });
    assert.match(await verdict("container-root", "memory"), /^failed: .*\/readOnlyRoot is false, not true/);
    await writeReport(stage, "memory", {
      environment: ["PATH", "Database_Password"],
      files: [{ path: "/etc/kilocode/secrets/x", mode: "0440", uid: 3002 }],
      writable: ["/tmp", "/srv"],
      tls: {
        protocol: "TLSv1.2",
        suites: ["ECDHE-RSA-AES128-CBC-SHA"],
        certificateEnds: new Date().toISOString(),
        fingerprint: "",
      },
    });
    assert.match(await verdict("credential-environment", "memory"), /^failed: .*Database_Password/);
    assert.match(await verdict("credential-secret-modes", "memory"), /^failed: .*secrets\/x with mode 0440/);
    assert.match(await verdict("container-writable", "memory"), /^failed: .*\/srv/);
    assert.match(await verdict("tls-server-suites", "memory"), /^failed: .*CBC/);
    assert.match(await verdict("tls-certificate-lifetime", "memory"), /^failed: .*days ahead/);
  });

  it("of a fact: fail where the deployment wrote down otherwise", async () => {
    await writeFacts(stage, {
      database: { ...(databaseFacts() as object), backups: { decided: false } } as never,
      postgres: { ...factsOf("postgres"), image: "mcp:latest", published: { address: "0.0.0.0", port: 1 } },
    });
    assert.match(await verdict("backup-decided", "database"), /^failed: /);
    assert.match(await verdict("container-images", "postgres"), /^failed: .*mcp:latest/);
    assert.match(await verdict("container-server-address", "postgres"), /^failed: .*0\.0\.0\.0/);
    assert.match(await verdict("container-server-address", "memory"), /^passed/);
  });

  it("facts outrank reports: a difference is what is found, also where the report looks better", async () => {
    await writeFacts(stage, { memory: { ...factsOf("memory"), uid: 0 } });
    assert.match(
      await verdict("container-user", "memory"),
      /^failed: .*is 3002 by the server's report; it was deployed with 0/,
    );
    await writeReport(stage, "memory", { version: "0.0.9" });
    assert.match(await verdict("container-version", "memory"), /^failed: .*0\.0\.9 by the server's report/);
  });

  it("a report that is missing, old or another's is an error, never passed", async () => {
    await ageReport(stage, "memory", 3 * quiet.metrics.sampleInterval + 60);
    assert.match(await verdict("container-user", "memory"), /^error: the report is \d+ s old/);
    await sql("DELETE FROM mcp.server_reports WHERE server_name = 'memory'");
    assert.match(await verdict("container-user", "memory"), /^error: the server has not reported itself/);
    await writeReport(stage, "memory", {}, "filesystem_1");
    assert.match(await verdict("container-user", "memory"), /^error: .*recorded by filesystem_1/);
    await writeReport(stage, "memory");
    assert.match(await verdict("container-user", "memory"), /^passed/);
  });

  it("without facts of the deployment, rules that need them are errors; a server that is switched off is left out", async () => {
    await sql("DELETE FROM mcp.deployment_facts WHERE server_name IN ('memory', 'database')");
    for (const rule of ["container-user", "container-images", "container-version"])
      assert.match(await verdict(rule, "memory"), /^error: the deployment has written down nothing/);
    assert.match(await verdict("database-retention", "database"), /^error: .*no retention/);
    await writeFacts(stage, { memory: { enabled: false } });
    const servers = (await results({ rules: ["container-user"] })).map(({ server: name }) => name);
    assert.deepEqual(servers.toSorted(), ["compliance", "filesystem", "postgres"]);
  });

  it("can be narrowed to rules and servers, are rows of one run, and of the caller", async () => {
    const { structured } = await call("run_checks", {
      rules: ["container-user", "tls-database-on"],
      servers: ["memory"],
    });
    assert.deepEqual(structured["counts"], { passed: 1, failed: 0, warning: 0, error: 0 });
    const { rows } = await stage.asSuperuser((session) =>
      session.query(
        `SELECT rule_id, server_name, status, username FROM mcp.compliance_logs l JOIN mcp.users u ON u.id = l.user_id
          WHERE check_id = $1`,
        [structured["run"]],
      ),
    );
    assert.deepEqual(rows, [
      { rule_id: "container-user", server_name: "memory", status: "passed", username: "default" },
    ]);
  });

  it("tools refuse arguments that make no sense, and say which", async () => {
    const wrong: [tool: string, args: Record<string, unknown>, told: RegExp][] = [
      ["run_checks", { rules: ["no-such-rule"] }, /There is no rule "no-such-rule"; list_rules names them/],
      ["run_checks", { rules: [] }, /rules/],
      ["run_checks", { servers: ["everything"] }, /servers/],
      ["run_checks", { rules: ["x".repeat(60)] }, /rules/],
      ["run_checks", { rules: [{ $ne: null }] }, /rules/],
      ["get_results", { limit: 1e9 }, /limit/],
      ["get_results", { statuses: ["maybe"] }, /statuses/],
      ["get_results", { run: "'; DROP TABLE mcp.users; --".repeat(10) }, /run/],
      ["propose_fix", { rule: "'; DROP TABLE mcp.users" }, /There is no rule/],
      ["propose_fix", {}, /rule/],
      ["approve_fix", { fix: -1 }, /fix/],
      ["approve_fix", { fix: 2 ** 53 - 1 }, /there is no fix/],
      ["apply_fix", { fix: "1 OR true" }, /fix/],
      ["apply_fix", { fix: 999_999 }, /there is no fix/],
      ["rollback_fix", { fix: 999_999 }, /there is no fix/],
      ["rollback_fix", { fix: 1.5 }, /fix/],
      ["generate_report", { format: "../../etc/passwd" }, /format/],
      ["list_fixes", { statuses: ["lost"] }, /statuses/],
    ];
    for (const [tool, args, told] of wrong) {
      const { failed, text } = await call(tool, args).catch((error: Error) => ({
        failed: true,
        text: error.message,
      }));
      assert.equal(failed, true, tool);
      assert.match(text, told, `${tool}: ${text}`);
    }
    assert.equal((await sql("SELECT FROM mcp.users")).rows.length, 6);
  });

  it("offer their tools by role, and say of each what it does to the world", async () => {
    const names = async (key: string) => {
      const other = await connectClient(server, key);
      const { tools } = await other.client.listTools();
      await other.close();
      return tools;
    };
    const reading = (await names(stage.keys.reader)).map(({ name }) => name);
    assert.deepEqual(reading.toSorted(), [...readingTools.compliance].toSorted());
    const all = await names(stage.keys.default);
    assert.equal(all.length, 10);
    const hinted = all
      .filter(({ annotations }) => annotations?.readOnlyHint === true)
      .map(({ name }) => name);
    assert.deepEqual(hinted.toSorted(), [...readingTools.compliance].toSorted());
  });

  it("have a score that is measured, for metrics and alerts", async () => {
    const business = { enabled: true, interval: 1 };
    const before = server.log.length;
    await server.deliver({ overrides: { metrics: { metrics: { collectors: { business } } } } });
    await server.line("files in force", before);
    await results();
    const { structured } = await call("get_score");
    const measured = async () => {
      const { text } = await ask(server, "/api/v1/metrics", { "x-api-key": stage.keys.reader });
      const { values } = JSON.parse(text) as { values: Record<string, { value: number } | undefined> };
      return values["compliance_score"]?.value;
    };
    await eventually(async () => (await measured()) === structured["score"], "the score is measured");
  });
});
