import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database } from "#test/integration/postgres.ts";
import { asker, refused } from "./asker.ts";
import type { Row } from "./asker.ts";

/** Faults 15 and 16 of docs/schema.md. */
describe("audit rows", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());
  const { as, user, owner } = asker(() => database);
  it("keep the actor when the account goes", async () => {
    const [row] = await user(
      "INSERT INTO users (username, email, password_hash, role) VALUES ('actor', 'actor@example.com', 'x', 'admin') RETURNING id",
    );
    await user(
      "INSERT INTO audit_logs (action, resource_type, user_id, status) VALUES ('gone', 'r', $1, 'success')",
      [row!["id"]],
    );
    await user("DELETE FROM users WHERE id = $1", [row!["id"]]);
    assert.deepEqual(
      await user("SELECT user_id, actor, actor_role, recorded_by FROM audit_logs WHERE action = 'gone'"),
      [{ user_id: row!["id"], actor: "actor", actor_role: "admin", recorded_by: "app_user_1" }],
    );
  });

  it("of an account that does not exist are refused", () =>
    refused(
      user(
        "INSERT INTO audit_logs (action, resource_type, user_id, status) VALUES ('a', 'r', 424242, 'success')",
      ),
      /there is no user 424242.*23503/,
    ));

  it("cannot be changed or deleted, by the owner either, in a partition neither", async () => {
    await refused(
      owner("UPDATE audit_logs SET status = 'success'"),
      /rows of audit_logs_\w+ are a record: UPDATE is refused/,
    );
    await refused(owner("DELETE FROM audit_logs"), /are a record: DELETE is refused/);
    await refused(owner("TRUNCATE audit_logs"), /rows of audit_logs are a record: TRUNCATE is refused/);
    const [home] = await owner("SELECT tableoid::regclass::text AS home FROM audit_logs LIMIT 1");
    await refused(owner(`DELETE FROM ${String(home!["home"])}`), /are a record: DELETE is refused/);
    await refused(user("UPDATE audit_logs SET status = 'success'"), /permission denied for table audit_logs/);
    await refused(
      user("SELECT set_config('kilocode.retention', 'on', false); DELETE FROM audit_logs"),
      /permission denied for table audit_logs/,
    );
  });

  it("hold no secret", async () => {
    const request = {
      user: "u",
      password: "hunter2",
      nested: [{ access_token: "t", max_tokens: 5 }],
      headers: { Authorization: "Bearer x", "X-API-Key": "kcp_x" },
    };
    await user(
      "INSERT INTO audit_logs (action, resource_type, status, request_data) VALUES ('secret', 'r', 'success', $1)",
      [JSON.stringify(request)],
    );
    const [row] = await user("SELECT request_data FROM audit_logs WHERE action = 'secret'");
    const hidden = "[redacted]";
    assert.deepEqual(row!["request_data"], {
      user: "u",
      password: hidden,
      nested: [{ access_token: hidden, max_tokens: 5 }],
      headers: { Authorization: hidden, "X-API-Key": hidden },
    });
  });

  it("sent twice are kept once, and stamped with login and clock", async () => {
    await user(
      "INSERT INTO users (username, email, password_hash, role) VALUES ('client', 'client@clients.invalid', '!', 'user')",
    );
    const send = (event: string, at: string | null): Promise<Row[]> =>
      as(
        "postgres_1",
        "SELECT mcp.record_audit('execute_query', 'tool', NULL, 'client', 'success', 'postgres', event_id => $1, occurred_at => $2, duration_ms => 3) AS id",
        [event, at],
      );
    const event = randomUUID();
    const at = new Date(Date.now() - 60_000).toISOString();
    const [first] = await send(event, at);
    const [second] = await send(event, at);
    assert.notEqual(first!["id"], null);
    assert.equal(second!["id"], null);
    assert.deepEqual(
      await user(
        "SELECT actor, actor_role, server_name, recorded_by, created_at, recorded_at > created_at AS later FROM audit_logs WHERE event_id = $1",
        [event],
      ),
      [
        {
          actor: "client",
          actor_role: "user",
          server_name: "postgres",
          recorded_by: "postgres_1",
          created_at: new Date(at),
          later: true,
        },
      ],
    );
    await refused(send(randomUUID(), new Date(Date.now() + 3_600_000).toISOString()), /lies ahead/);
    await refused(
      as("postgres_1", "INSERT INTO audit_logs (action, resource_type, status) VALUES ('a', 'r', 'success')"),
      /permission denied/,
    );
  });
});
