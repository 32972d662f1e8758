import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Client } from "@modelcontextprotocol/client";
import { serverNames } from "#model/names.ts";
import { withSession } from "#providers/database/connect.ts";
import { hashKey } from "#servers/runtime/credentials.ts";
import { quiet, reported, writeFacts, writeReport } from "./complianceStage.ts";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient } from "./request.ts";
import type { ToolAnswer } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

interface Fix {
  readonly id: number;
  readonly status: string;
  readonly statement: string;
  readonly proposedBy: string;
  readonly approvedBy: string | null;
}

describe("fixes of the compliance server", function () {
  this.timeout(240_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  /** `default` proposes, `second` approves; `again` is another key of the account `default`. */
  const clients: Partial<Record<"default" | "second" | "again", Client>> = {};
  const closes: (() => Promise<void>)[] = [];

  before(async () => {
    stage = await readyStage();
    await stage.asSuperuser((session) => session.query("SELECT FROM mcp.run_maintenance(true)"));
    await writeFacts(stage);
    server = await startServer(stage, { server: "compliance", settings: { metrics: quiet } });
    await reported(stage, "compliance");
    for (const name of serverNames) await writeReport(stage, name);
    const again = `kcp_${randomBytes(16).toString("hex")}`;
    await sql(
      `INSERT INTO mcp.api_keys (key_id, key_prefix, key_hash, name, permissions, created_by)
       SELECT 'default.2', left($1, 8), $2, 'default', ARRAY['server:compliance'], id FROM mcp.users WHERE username = 'default'`,
      [again, hashKey(again)],
    );
    for (const [name, key] of Object.entries({
      default: stage.keys.default,
      second: stage.keys.second,
      again,
    })) {
      const { client, close } = await connectClient(server, key);
      clients[name as keyof typeof clients] = client;
      closes.push(close);
    }
  });
  after(async () => {
    for (const close of closes) await close();
    await server?.end();
    await stage?.stop();
  });

  const sql = async (text: string, values: unknown[] = []) =>
    (await stage.asSuperuser((session) => session.query<Record<string, unknown>>(text, values))).rows;
  const call = (
    who: keyof typeof clients,
    name: string,
    args: Record<string, unknown>,
  ): Promise<ToolAnswer> => callTool(clients[who]!, name, args);
  async function done(who: keyof typeof clients, name: string, fix: number): Promise<Fix> {
    const { failed, text, structured } = await call(who, name, { fix });
    assert.equal(failed, false, text);
    return structured as unknown as Fix;
  }
  async function refused(who: keyof typeof clients, name: string, fix: number): Promise<string> {
    const { failed, text } = await call(who, name, { fix });
    assert.equal(failed, true, `${name} of ${fix} went through`);
    return text;
  }
  async function propose(rule: string): Promise<Fix[]> {
    const { failed, text, structured } = await call("default", "propose_fix", { rule });
    assert.equal(failed, false, text);
    return structured["fixes"] as Fix[];
  }
  const surplus = async () =>
    (
      await sql(`SELECT string_agg(privilege_type || ' ' || is_grantable, ',' ORDER BY 1) AS held FROM pg_class c, aclexplode(c.relacl) e
                  WHERE c.oid = 'mcp.users'::regclass AND e.grantee = 'mcp_reader'::regrole`)
    )[0]!["held"];
  const columns = async () =>
    (
      await sql(`SELECT count(*)::int AS n FROM pg_attribute a, aclexplode(a.attacl) e
                  WHERE a.attrelid = 'mcp.users'::regclass AND e.grantee = 'mcp_reader'::regrole`)
    )[0]!["n"];

  it("revoke a grant that is not in the matrix, keep those on columns, and give it back on rollback", async () => {
    const before = await columns();
    await sql("GRANT SELECT ON mcp.users TO mcp_reader WITH GRANT OPTION");
    const [fix, ...others] = await propose("access-surplus-grants");
    assert.deepEqual(others, []);
    assert.match(
      fix!.statement,
      /^REVOKE SELECT ON TABLE mcp\.users FROM mcp_reader; GRANT SELECT \(id, username/,
    );
    assert.deepEqual([fix!.status, fix!.proposedBy], ["proposed", "default"]);
    assert.match(await refused("default", "apply_fix", fix!.id), /not approved.*another user than default/);
    assert.equal((await done("second", "approve_fix", fix!.id)).approvedBy, "second");
    assert.equal((await done("default", "apply_fix", fix!.id)).status, "applied");
    assert.deepEqual([await surplus(), await columns()], [null, before]);
    assert.deepEqual(await propose("access-surplus-grants"), []);
    assert.equal((await done("second", "rollback_fix", fix!.id)).status, "rolled back");
    assert.deepEqual([await surplus(), await columns()], ["SELECT true", before]);
    assert.match(await refused("second", "rollback_fix", fix!.id), /is rolled back, not applied/);
    await sql("REVOKE SELECT ON mcp.users FROM mcp_reader");
  });

  it("need another user: neither the proposer nor the proposer's second key can approve", async () => {
    await sql("GRANT UPDATE ON mcp.memory_items TO mcp_reader");
    const [fix] = (await propose("access-surplus-grants")).filter(({ statement }) =>
      /memory_items/.test(statement),
    );
    assert.match(await refused("default", "approve_fix", fix!.id), /proposed by default: another user/);
    assert.match(await refused("again", "approve_fix", fix!.id), /proposed by default: another user/);
    assert.match(await refused("again", "apply_fix", fix!.id), /not approved/);
    assert.equal((await done("second", "approve_fix", fix!.id)).status, "approved");
    assert.equal((await done("again", "apply_fix", fix!.id)).status, "applied");
  });

  it("control: without the comparison of accounts, the second key would approve", async () => {
    const source = (
      await sql(
        "SELECT pg_get_functiondef('mcp.approve_compliance_fix(bigint, text, text)'::regprocedure) AS text",
      )
    )[0]!["text"] as string;
    const open = source.replace("approver = entry.proposed_by", "false");
    assert.notEqual(open, source);
    await sql("ALTER TABLE mcp.compliance_fixes DROP CONSTRAINT compliance_fixes_approval");
    await sql(open);
    await sql("GRANT UPDATE ON mcp.memory_items TO mcp_reader");
    const [fix] = (await propose("access-surplus-grants")).filter(({ statement }) =>
      /memory_items/.test(statement),
    );
    assert.equal((await done("again", "approve_fix", fix!.id)).approvedBy, "default");
    await sql(source);
    await sql("REVOKE UPDATE ON mcp.memory_items FROM mcp_reader");
    assert.match(await refused("again", "apply_fix", fix!.id), /void: there is nothing left to mend/);
  });

  it("are void when what was observed has changed since, whoever approved them", async () => {
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'");
    const [fix] = await propose("database-retention");
    await done("second", "approve_fix", fix!.id);
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 8 WHERE table_name = 'audit_logs'");
    assert.match(await refused("default", "apply_fix", fix!.id), /void: what was observed has changed/);
    assert.match(await refused("default", "apply_fix", fix!.id), /is void/);
    const days =
      "SELECT retention_days AS days FROM mcp.maintenance_settings WHERE table_name = 'audit_logs'";
    assert.deepEqual(await sql(days), [{ days: 8 }]);
    const [next] = await propose("database-retention");
    assert.notEqual(next!.id, fix!.id);
    // Somebody edits the statement of an approved row.
    await done("second", "approve_fix", next!.id);
    await sql("UPDATE mcp.compliance_fixes SET inverse = 'DROP TABLE mcp.users' WHERE id = $1", [next!.id]);
    await done("default", "apply_fix", next!.id);
    assert.match(await refused("default", "rollback_fix", next!.id), /record of fix \d+ has changed/);
    assert.deepEqual(await sql(days), [{ days: 90 }]);
  });

  it("are void when the rule has changed since", async () => {
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'");
    const [fix] = await propose("database-retention");
    await sql("UPDATE mcp.compliance_fixes SET rule_hash = repeat('a', 64) WHERE id = $1", [fix!.id]);
    assert.match(await refused("second", "approve_fix", fix!.id), /void: the rule has changed/);
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 90 WHERE table_name = 'audit_logs'");
  });

  it("deactivate expired keys and accounts without keys, and take it back only from the state that they left", async () => {
    await sql("UPDATE mcp.api_keys SET expires_at = now() - interval '1 day' WHERE key_id = 'nothing.1'");
    const [key] = await propose("credential-expired-keys");
    await done("second", "approve_fix", key!.id);
    await done("default", "apply_fix", key!.id);
    const state = "SELECT is_active, revoked_at IS NULL AS open FROM mcp.api_keys WHERE key_id = 'nothing.1'";
    assert.deepEqual(await sql(state), [{ is_active: false, open: false }]);
    const [account] = await propose("credential-idle-accounts");
    await done("second", "approve_fix", account!.id);
    await done("default", "apply_fix", account!.id);
    assert.deepEqual(await sql("SELECT is_active FROM mcp.users WHERE username = 'nothing'"), [
      { is_active: false },
    ]);
    await done("default", "rollback_fix", key!.id);
    assert.deepEqual(await sql(state), [{ is_active: true, open: true }]);
    await sql("UPDATE mcp.users SET is_active = true WHERE username = 'nothing'");
    assert.match(
      await refused("default", "rollback_fix", account!.id),
      /no longer the one that fix \d+ left/,
    );
    await sql("UPDATE mcp.api_keys SET expires_at = NULL WHERE key_id = 'nothing.1'");
  });

  it("do not meet a deployment: while it holds its lock, none is applied", async () => {
    await sql("GRANT UPDATE ON mcp.memory_items TO mcp_reader");
    const [fix] = await propose("access-surplus-grants");
    await done("second", "approve_fix", fix!.id);
    await withSession(stage.login("provisioner_1"), async (session) => {
      await session.query("SELECT pg_advisory_lock(7309940612)");
      assert.match(await refused("default", "apply_fix", fix!.id), /a deployment is at work.*try again/);
    });
    await done("default", "apply_fix", fix!.id);
  });

  it("are proposed once: the same again is the same row, and the approval stands in the results", async () => {
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'");
    await call("default", "run_checks", { rules: ["database-retention"] });
    const [first] = await propose("database-retention");
    const [again] = await propose("database-retention");
    assert.equal(again!.id, first!.id);
    await done("second", "approve_fix", first!.id);
    const { structured } = await call("default", "get_results", { rules: ["database-retention"] });
    assert.equal((structured["results"] as { approvedBy: string }[])[0]!.approvedBy, "second");
    const list = await call("default", "list_fixes", { statuses: ["approved"] });
    assert.deepEqual(
      (list.structured["fixes"] as Fix[]).map(({ id }) => id),
      [first!.id],
    );
    await done("default", "apply_fix", first!.id);
  });

  it("for all else there is the line to type", async () => {
    const { structured } = await call("default", "propose_fix", { rule: "tls-server-version" });
    assert.deepEqual(structured["fixes"], []);
    assert.equal(structured["command"], "pulumi config set --path files.ssl.ssl.protocol TLSv1.2");
  });

  it("the logins can do nothing but this: no fix without its function, no function of the other login", async () => {
    const denied = async (login: "compliance_1" | "compliance_fixer_1", statement: string) =>
      withSession(stage.login(login), (session) =>
        assert.rejects(session.query(statement), { code: "42501" }, `${login}: ${statement}`),
      );
    await denied("compliance_1", "SELECT mcp.apply_compliance_fix(1, '', 'x', false)");
    await denied("compliance_1", "INSERT INTO mcp.compliance_fixes DEFAULT VALUES");
    await denied("compliance_1", "UPDATE mcp.compliance_fixes SET status = 'approved'");
    await denied("compliance_1", "UPDATE mcp.compliance_logs SET status = 'passed'");
    await denied("compliance_1", "SELECT password_hash FROM mcp.users");
    await denied("compliance_1", "SELECT key_hash FROM mcp.api_keys");
    await denied("compliance_fixer_1", "SELECT mcp.propose_compliance_fix('x', '', 'x', 'x', '{}', 'x')");
    await denied("compliance_fixer_1", "SELECT mcp.plan_compliance_fix('set-retention', '{}')");
    await denied("compliance_fixer_1", "SELECT * FROM mcp.compliance_fixes");
    await denied("compliance_fixer_1", "SELECT id FROM mcp.users");
  });

  it("compliance.requireApproval: with false the proposer may apply without another user", async () => {
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'");
    const [fix] = await propose("database-retention");
    assert.match(await refused("default", "apply_fix", fix!.id), /not approved/);
    const since = server.log.length;
    await server.deliver({ spoil: editFiles({ compliance: { "/compliance/requireApproval": false } }) });
    await server.line("files in force", since);
    assert.equal((await done("default", "apply_fix", fix!.id)).status, "applied");
    await server.deliver();
  });

  it("database.fixer.user and password are the login that applies", async () => {
    await sql("CREATE ROLE compliance_fixer_7 LOGIN PASSWORD 'other-fixer' IN ROLE mcp_fixer");
    const since = server.log.length;
    await server.deliver({
      spoil: (files) => {
        editFiles({
          compliance: {
            "/database/fixer/user": "compliance_fixer_7",
            "/database/fixer/password": "file:/run/kilocode/secrets/other-fixer",
          },
        })(files);
        files["secrets/other-fixer"] = "other-fixer\n";
      },
    });
    await server.line("files in force", since);
    await sql("ALTER ROLE compliance_fixer_1 NOLOGIN");
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'");
    const [fix] = await propose("database-retention");
    await done("second", "approve_fix", fix!.id);
    assert.equal((await done("default", "apply_fix", fix!.id)).status, "applied");
  });
});
