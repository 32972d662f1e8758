import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { auditRow } from "#servers/runtime/audit/auditRow.ts";
import type { AuditEvent } from "#servers/runtime/audit/auditor.ts";
import { auditRows } from "#test/integration/servers/auditRows.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";

describe("record_audit_batch", function () {
  this.timeout(180_000);
  let stage: ReadyStage;

  before(async () => {
    stage = await readyStage();
  });
  after(() => stage?.stop());
  afterEach(() =>
    stage.asSuperuser(async (session) => {
      await session.query("SET session_replication_role = replica");
      await session.query("DELETE FROM mcp.audit_logs");
    }),
  );

  const event: AuditEvent = {
    action: "write_file",
    resourceType: "tool",
    resourceId: "/a",
    client: "default",
    outcome: "success",
    address: "192.0.2.7",
    userAgent: "test",
    request: { path: "/a", password: "canary" },
    milliseconds: 1.5,
  };
  const send = (rows: readonly string[]) =>
    stage.asSuperuser(async (session) => {
      await session.query("SET ROLE postgres_1");
      const { rows: answer } = await session.query<{ added: number }>(
        "SELECT mcp.record_audit_batch($1) AS added",
        [`[${rows.join(",")}]`],
      );
      return answer[0]!.added;
    });

  it("keeps what the server sends, with the account behind the client's name, and secrets redacted", async () => {
    assert.equal(await send([auditRow("postgres", event)]), 1);
    const [row] = await auditRows(stage);
    assert.equal(row?.actor, "default");
    assert.equal(row.actor_role, "user");
    assert.notEqual(row.user_id, null);
    assert.deepEqual(row.request_data, { path: "/a", password: "[redacted]" });
    assert.deepEqual(
      [row.action, row.resource_id, row.status, row.server_name, row.address, row.duration_ms],
      ["write_file", "/a", "success", "postgres", "192.0.2.7", 1.5],
    );
  });

  it("keeps a row once, however often it is sent and in whatever company", async () => {
    const [one, two] = [auditRow("postgres", event), auditRow("postgres", event)];
    assert.equal(await send([one, one]), 1);
    assert.equal(await send([one, two]), 1);
    assert.equal(await send([two, one]), 0);
    assert.equal((await auditRows(stage)).length, 2);
  });

  it("keeps a row once although the server's clock is ahead, under the database's time", async () => {
    const row = auditRow("postgres", event, new Date(Date.now() + 3_600_000));
    assert.equal(await send([row]), 1);
    assert.equal(await send([row]), 0);
    const { rows } = await stage.asSuperuser((session) =>
      session.query("SELECT FROM mcp.audit_logs WHERE created_at <= clock_timestamp()"),
    );
    assert.equal(rows.length, 1);
  });

  it("keeps what is sure of a row that does not fit, and the others whole", async () => {
    const bad = { ...(JSON.parse(auditRow("postgres", event)) as object), status: "nonsense" };
    const rows = [auditRow("postgres", event), JSON.stringify(bad), auditRow("postgres", event)];
    assert.equal(await send(rows), 3);
    assert.equal(await send(rows), 0);
    const statuses = (await auditRows(stage)).map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, ["error", "success", "success"]);
    const kept = (await auditRows(stage)).find(({ status }) => status === "error");
    assert.match(kept?.error_message ?? "", /could not be kept as it was sent \(23514\)/);
    assert.equal(kept?.actor, "default");
  });

  it("takes any text that a client may send", async () => {
    const odd = "\0 \ud800 \u2028 \u{1f600} '\"\\u0000";
    const strange: AuditEvent = {
      ...event,
      action: odd.repeat(30),
      userAgent: odd.repeat(100),
      client: odd,
      address: "fe80::1%eth0",
      request: { [odd]: odd },
      problem: odd,
    };
    assert.equal(await send([auditRow("postgres", strange)]), 1);
    const [row] = await auditRows(stage);
    assert.equal(row?.status, "success");
    assert.equal(row.address, "fe80::1");
  });

  it("refuses what has no id or no time", async () => {
    for (const rows of [['{"action": "x"}'], [`{"event_id": "${randomUUID()}"}`], ["1"]])
      await assert.rejects(send(rows), { code: "DATABASE_REFUSED" });
    await assert.rejects(
      stage.asSuperuser((session) => session.query("SELECT mcp.record_audit_batch('{}')")),
    );
    assert.deepEqual(await auditRows(stage), []);
  });
});
