import assert from "node:assert/strict";
import { createServer } from "node:net";
import { rootCertificates } from "node:tls";
import type { Client } from "pg";
import { inTransaction, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import { setStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("a provider's session", function () {
  this.timeout(180_000);
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });
  after(() => stage.stop());

  const one = (client: Client) => client.query("SELECT 1");
  const sessions = async () => {
    const { rows } = await stage.asSuperuser((client) =>
      client.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'kilocode probe'",
      ),
    );
    return rows[0]!.count;
  };

  it("is over verified TLS, with the step as its name", async () => {
    const work = (client: Client) =>
      client.query(
        "SELECT ssl, current_setting('application_name') AS name FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
      );
    const { rows } = await withSession(stage.superuser(), work, { step: "probe" });
    assert.deepEqual(rows, [{ ssl: true, name: "kilocode probe" }]);
  });

  it("is refused with another authority, and with a wrong password, which no message shows", async () => {
    const password = "planted-password";
    for (const changed of [{ ca: rootCertificates[0]! }, { password }]) {
      const connection: Connection = { ...stage.superuser(), ...changed };
      await assert.rejects(withSession(connection, one), (error: Error) => {
        assert.match(error.message, /^\[DATABASE_UNREACHABLE\]/);
        assert.ok(!JSON.stringify(error).includes(password) && !(error.stack ?? "").includes(password));
        return true;
      });
    }
  });

  it("gives up on a server that takes the connection and says nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    assert.ok(typeof address === "object" && address !== null);
    const connection = { ...stage.superuser(), host: "127.0.0.1", port: address.port };
    await assert.rejects(
      withSession(connection, one, { connectSeconds: 1 }),
      /DATABASE_UNREACHABLE.*timeout/s,
    );
    silent.close();
  });

  it("says what the server refused, without quoting rows", async () => {
    const work = (client: Client) =>
      client.query(
        "CREATE TEMPORARY TABLE t (secret text UNIQUE); INSERT INTO t VALUES ('planted-row'), ('planted-row')",
      );
    await assert.rejects(withSession(stage.superuser(), work, { step: "probe" }), (error: Error) => {
      assert.match(error.message, /DATABASE_REFUSED.*\(probe\).*duplicate key.*23505/s);
      assert.ok(!JSON.stringify(error).includes("planted-row") && !error.message.includes("planted-row"));
      return true;
    });
  });

  it("passes on what is no fault of the database", async () => {
    const work = async () => {
      throw new TypeError("a mistake of ours");
    };
    await assert.rejects(withSession(stage.superuser(), work), TypeError);
  });

  it("leaves nothing open, also after an error", async () => {
    await withLockedSession(stage.superuser(), one, { step: "probe" });
    await assert.rejects(
      withSession(stage.superuser(), (client) => client.query("nonsense"), { step: "probe" }),
    );
    for (let tries = 0; tries < 50 && (await sessions()) > 0; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(await sessions(), 0);
  });

  it("rolls back what a step began", async () => {
    await assert.rejects(
      withSession(stage.superuser(), (client) =>
        inTransaction(client, () => client.query("CREATE TABLE half_way (); SELECT 1 / 0")),
      ),
      /division by zero/,
    );
    const { rows } = await stage.asSuperuser((client) =>
      client.query("SELECT to_regclass('half_way') AS half"),
    );
    assert.deepEqual(rows, [{ half: null }]);
  });

  it("is the only one that writes, and says so to who waits too long", async () => {
    const order: string[] = [];
    const step = (name: string) =>
      withLockedSession(stage.superuser(), async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        order.push(`${name} ends`);
      });
    await Promise.all([step("a"), step("b"), step("c")]);
    for (let index = 0; index < order.length; index += 2) {
      assert.equal(order[index]!.replace("begins", "ends"), order[index + 1]);
    }
    await withLockedSession(stage.superuser(), () =>
      assert.rejects(
        withLockedSession(stage.superuser(), one, { lockSeconds: 0.3 }),
        /another deployment.*0\.3 s/s,
      ),
    );
  });

  it("that is lost with its process frees the lock", async () => {
    await withLockedSession(stage.superuser(), async (client) => {
      const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      await stage.asSuperuser((other) => other.query("SELECT pg_terminate_backend($1)", [rows[0]!.pid]));
    });
    await withLockedSession(stage.superuser(), one, { lockSeconds: 5 });
  });
});
