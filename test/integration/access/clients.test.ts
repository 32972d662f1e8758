import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { apply, changes, observe } from "#providers/clients/runner.ts";
import type { ClientsInputs } from "#providers/clients/runner.ts";
import { withSession } from "#providers/database/connect.ts";
import { apply as applyGrants } from "#providers/grants/runner.ts";
import { setStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("clients", function () {
  this.timeout(180_000);
  let stage: Stage;

  before(async () => {
    stage = await setStage();
    await stage.migrate();
    await applyGrants(stage.grants());
  });
  after(() => stage.stop());

  const hash = (key: string) => createHash("sha256").update(key).digest("hex");
  const key = (client: string, generation = 1) => ({
    keyId: `${client}.${generation}`,
    prefix: "kcp_abcd",
    hash: hash(`${client}.${generation}`),
  });
  const inputs = (changed: Partial<ClientsInputs> = {}): ClientsInputs => ({
    connection: stage.login("provisioner_1"),
    clients: {
      default: { role: "user", servers: ["postgres", "memory"] },
      auditor: { role: "readonly", servers: ["postgres"], expires: "2099-01-01T00:00:00Z" },
    },
    keys: { default: key("default"), auditor: key("auditor") },
    systemIdentifier: stage.systemIdentifier,
    ...changed,
  });

  /** As a server asks. */
  const authenticate = async (secret: string) => {
    const { rows } = await withSession(stage.login("postgres_1"), (client) =>
      client.query("SELECT * FROM authenticate_api_key($1)", [hash(secret)]),
    );
    return rows[0] as unknown;
  };
  const rowsOf = (table: string) =>
    stage.asSuperuser(
      async (client) => (await client.query(`SELECT *, xmin FROM mcp.${table} ORDER BY id`)).rows,
    );

  it("are accounts without a password, and keys that servers accept", async () => {
    await apply(inputs());
    assert.deepEqual(await authenticate("default.1"), {
      client: "default",
      role: "user",
      servers: ["memory", "postgres"],
      key_id: "default.1",
    });
    const users = await stage.asSuperuser((client) =>
      client.query("SELECT username, email, password_hash FROM mcp.users ORDER BY username"),
    );
    assert.deepEqual(users.rows, [
      { username: "auditor", email: "auditor@clients.invalid", password_hash: "!" },
      { username: "default", email: "default@clients.invalid", password_hash: "!" },
    ]);
    assert.equal(await authenticate("default.2"), undefined);
  });

  it("are written only where they differ, and seen unchanged by a refresh", async () => {
    const before = [await rowsOf("users"), await rowsOf("api_keys")];
    await apply(inputs());
    assert.deepEqual([await rowsOf("users"), await rowsOf("api_keys")], before);
    assert.deepEqual(await observe(inputs()), inputs());

    const promoted = { ...inputs().clients, default: { role: "admin", servers: ["postgres", "memory"] } };
    await apply(inputs({ clients: promoted }));
    assert.deepEqual(await rowsOf("api_keys"), before[1], "a role is the account's, not the key's");
    await apply(inputs());
  });

  it("change role, servers, end and key", async () => {
    await apply(
      inputs({
        clients: {
          ...inputs().clients,
          default: { role: "service", servers: ["memory"], expires: "2001-01-01T00:00:00Z" },
        },
      }),
    );
    assert.equal(await authenticate("default.1"), undefined, "expired");
    await apply(inputs({ keys: { ...inputs().keys, default: key("default", 2) } }));
    assert.equal(await authenticate("default.1"), undefined, "replaced");
    assert.notEqual(await authenticate("default.2"), undefined);
    await apply(inputs());
    assert.notEqual(await authenticate("default.1"), undefined, "given back");
    assert.equal(await authenticate("default.2"), undefined);
  });

  it("that are removed are revoked and stay in the tables", async () => {
    const { auditor: _, ...clients } = inputs().clients;
    await apply(inputs({ clients, keys: { default: key("default") } }));
    assert.equal(await authenticate("auditor.1"), undefined);
    const { rows } = await stage.asSuperuser((client) =>
      client.query(
        `SELECT u.is_active AS account, k.is_active AS key, k.revoked_at <= now() AS revoked
           FROM mcp.users u JOIN mcp.api_keys k ON k.created_by = u.id WHERE u.username = 'auditor'`,
      ),
    );
    assert.deepEqual(rows, [{ account: false, key: false, revoked: true }]);
    assert.notEqual(await authenticate("default.1"), undefined);
    await apply(inputs());
    assert.notEqual(await authenticate("auditor.1"), undefined, "welcome back");
  });

  it("that were changed by hand are seen and put right", async () => {
    for (const sql of [
      "UPDATE mcp.users SET role = 'admin' WHERE username = 'default'",
      "UPDATE mcp.users SET is_active = false WHERE username = 'default'",
      "UPDATE mcp.api_keys SET key_hash = 'planted' WHERE key_id = 'default.1'",
      "UPDATE mcp.api_keys SET permissions = '{server:filesystem}' WHERE key_id = 'default.1'",
      "UPDATE mcp.api_keys SET permissions = NULL WHERE key_id = 'default.1'",
      "UPDATE mcp.api_keys SET expires_at = NULL WHERE key_id = 'auditor.1'",
      "UPDATE mcp.api_keys SET is_active = false WHERE key_id = 'default.1'",
      "DELETE FROM mcp.api_keys WHERE key_id = 'default.1'",
    ]) {
      await stage.asSuperuser((client) => client.query(sql));
      const observed = await observe(inputs());
      assert.deepEqual(changes(observed, inputs()), { changes: true }, sql);
      await apply(inputs());
      assert.deepEqual(await observe(inputs()), inputs(), sql);
    }
  });

  it("do not take over the account of a person, nor touch it", async () => {
    await withSession(stage.login("app_user_1"), (client) =>
      client.query(
        "INSERT INTO users (username, email, password_hash) VALUES ('ann', 'ann@example.com', 'h')",
      ),
    );
    const before = [await rowsOf("users"), await rowsOf("api_keys")];
    const clients = { ...inputs().clients, ann: { role: "admin", servers: [] } };
    await assert.rejects(
      apply(inputs({ clients, keys: { ...inputs().keys, ann: key("ann") } })),
      /clients\.ann/,
    );
    assert.deepEqual([await rowsOf("users"), await rowsOf("api_keys")], before);
    await apply(inputs());
    assert.deepEqual([await rowsOf("users"), await rowsOf("api_keys")], before);
  });

  it("keep what is known when the server does not answer", async () => {
    const dead = inputs({ connection: { ...stage.login("provisioner_1"), port: 1 } });
    assert.deepEqual(await observe(dead), dead);
  });
});
