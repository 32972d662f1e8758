import assert from "node:assert/strict";
import { editFiles } from "./editFiles.ts";
import { auditRows, newAuditRows } from "./auditRows.ts";
import { callFixture, startFixture } from "./fixture.ts";
import { post, request } from "./request.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const canary = "canary-7d1f";

describe("records of calls", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startFixture(stage);
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  /** Rows that the work brings. */
  async function during(count: number, work: () => Promise<unknown>) {
    const known = (await auditRows(stage)).length;
    await work();
    return newAuditRows(stage, known, count);
  }
  const call = (name: string, args: object = {}, headers: Record<string, string> = {}) =>
    callFixture(server, stage.keys.default, name, args, headers);

  it("say who did what, on what, from where, for how long and how it ended", async () => {
    const rows = await during(4, async () => {
      await call("put", { path: "/notes/a", content: canary }, { "user-agent": "a test" });
      await call("look", { text: canary });
      await call("fail");
      await call("crash", { text: canary });
    });
    const [put] = rows;
    assert.ok(put);
    const { duration_ms, response_data, user_id, ...rest } = put;
    assert.deepEqual(rest, {
      action: "put",
      resource_type: "tool",
      resource_id: "/notes/a",
      actor: "default",
      actor_role: "user",
      status: "success",
      server_name: "postgres",
      address: "127.0.0.1",
      user_agent: "a test",
      request_data: { path: "/notes/a", content: { bytes: canary.length } },
      error_message: null,
      recorded_by: "postgres_1",
    });
    assert.ok(user_id !== null && duration_ms !== null && duration_ms >= 0);
    assert.equal(response_data?.["keyId"], "default.1");
    assert.match(String(response_data?.["requestId"]), /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      rows.map(({ action, status, error_message }) => [action, status, error_message]),
      [
        ["put", "success", null],
        ["look", "success", null],
        ["fail", "failed", "broken"],
        ["crash", "error", "internal"],
      ],
    );
  });

  it("say what was refused: no permission, unknown tools, arguments that do not fit", async () => {
    const rows = await during(4, async () => {
      const put = { path: "/x", content: canary };
      assert.equal((await callFixture(server, stage.keys.reader, "put", put)).status, 403);
      await callFixture(server, stage.keys.reader, "act");
      await call(`unknown ${canary}`);
      await call("put", { path: 1, content: canary });
    });
    assert.deepEqual(
      rows.map(({ action, actor, status, error_message }) => [action, actor, status, error_message]),
      [
        ["put", "reader", "denied", "the role readonly has no permission to write"],
        ["act", "reader", "denied", "the role readonly has no permission to execute"],
        [`unknown ${canary}`, "default", "failed", "no such tool"],
        ["put", "default", "failed", "invalid arguments"],
      ],
    );
  });

  it("say who could not prove who they are, and whom this server is not for", async () => {
    const ask = (headers: Record<string, string>) => post(server, "tools/list", {}, headers);
    const rows = await during(4, async () => {
      await ask({});
      await ask({ "x-api-key": `kcp_${"0".repeat(32)}`, "user-agent": "guesser" });
      await ask({ "x-api-key": stage.keys.elsewhere });
      await request(server, { headers: { origin: "https://evil.example" } });
    });
    assert.deepEqual(
      rows.map(({ action, status, error_message, address }) => [action, status, error_message, address]),
      [
        ["authenticate", "failed", "no key", "127.0.0.1"],
        ["authenticate", "failed", "unknown key", "127.0.0.1"],
        ["request", "denied", "client elsewhere is not allowed here", "127.0.0.1"],
        ["request", "denied", "host or origin", "127.0.0.1"],
      ],
    );
    assert.equal(rows[1]?.user_agent, "guesser");
    assert.equal(rows[2]?.actor, "elsewhere");
  });

  it("hold no content, key or secret, whatever the tool calls its arguments", async () => {
    await during(1, () =>
      call("put", { path: "/x", content: canary, password: canary, authorization: canary, more: [canary] }),
    );
    const { rows } = await stage.asSuperuser((session) =>
      session.query<{ text: string }>("SELECT audit_logs::text AS text FROM mcp.audit_logs"),
    );
    const all = rows
      .map(({ text }) => text)
      .join("\n")
      .replaceAll(`unknown ${canary}`, "");
    for (const word of [canary, ...Object.values(stage.keys), ...Object.values(stage.passwords)])
      assert.ok(!all.includes(word), word);
  });

  it("are many at once when many call, and in the database a second later", async () => {
    // Ten at a time: each call keeps 16 KB of room until it is recorded, and the fixture has 400 KB.
    const rows = await during(200, () =>
      Promise.all(
        Array.from({ length: 10 }, async (_, n) => {
          for (let m = 0; m < 20; m += 1) {
            const path = `/many/${n}.${m}`;
            const answer = await call("put", { path, content: "x" });
            assert.ok(answer.text.includes(`"done":"${path}"`), answer.text);
          }
        }),
      ),
    );
    assert.equal(rows.length, 200);
    assert.equal(new Set(rows.map(({ resource_id }) => resource_id)).size, 200);
  });

  it("security.auditLogging of compliance.json leaves out what only reads there", async () => {
    const compliance = await startFixture(stage, {
      server: "compliance",
      overrides: { compliance: { security: { auditLogging: false } } },
    });
    const both = async () => {
      await callFixture(compliance, stage.keys.default, "look");
      await callFixture(compliance, stage.keys.default, "put", { path: "/c", content: "x" });
    };
    const off = await during(2, both);
    assert.deepEqual(
      off.map(({ action, server_name }) => [action, server_name]),
      [["put", "compliance"]],
    );
    const before = compliance.log.length;
    await compliance.deliver({ spoil: editFiles({ compliance: { "/security/auditLogging": true } }) });
    await compliance.line("files in force", before);
    assert.deepEqual((await during(2, both)).map(({ action }) => action).toSorted(), ["look", "put"]);
    await compliance.end();
  });
});
