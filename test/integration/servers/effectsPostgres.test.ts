import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient, post } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { LogLine, ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

// Each test delivers another postgres.json to the running server: what it shows takes effect live.
describe("keys of postgres.json in a running server", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage);
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
  });

  async function deliver(
    keys: Record<string, unknown>,
    more: (files: Record<string, string>) => void = () => {},
  ): Promise<void> {
    const before = server.log.length;
    const edit = editFiles({ postgres: keys });
    await server.deliver({
      spoil: (files) => {
        edit(files);
        more(files);
      },
    });
    await server.line("files in force", before);
  }
  const query = (sql: string) => callTool(client, "execute_query", { sql });
  const sleepers = (count: number, seconds: number) =>
    Promise.all(Array.from({ length: count }, () => query(`SELECT pg_sleep(${seconds})`)));
  /** Sessions of the newest reader pool; those of its predecessors end within two seconds. */
  const sessions = () =>
    stage.asSuperuser(async (session) => {
      const { rows } = await session.query<{ user: string }>(
        "SELECT usename AS user FROM pg_stat_activity WHERE application_name = 'kilocode postgres reader'",
      );
      return rows.length;
    });
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  it("server.timeout ends a call that takes longer", async () => {
    await deliver({ "/server/timeout": 300 });
    const { failed, text } = await query("SELECT pg_sleep(10)");
    assert.equal(failed, true);
    assert.match(text, /longer than 300 ms/);
    await deliver({});
    assert.equal((await query("SELECT pg_sleep(0.5)")).failed, false);
  });

  it("database.pool.max is the most connections that run callers' SQL", async () => {
    await deliver({ "/database/pool/max": 2, "/database/pool/min": 0 });
    await pause(2500);
    const underWay = sleepers(6, 0.4);
    const over = new AbortController();
    void underWay.finally(() => over.abort());
    let most = 0;
    while (!over.signal.aborted) most = Math.max(most, await sessions());
    assert.ok((await underWay).every(({ failed }) => !failed));
    assert.equal(most, 2);
  });

  it("database.pool.idleTimeoutMillis closes idle connections, and pool.min keeps some", async () => {
    await deliver({
      "/database/pool/max": 4,
      "/database/pool/min": 1,
      "/database/pool/idleTimeoutMillis": 300,
    });
    await sleepers(4, 0.4);
    await pause(2500);
    assert.equal(await sessions(), 1);
    await deliver({
      "/database/pool/max": 4,
      "/database/pool/min": 0,
      "/database/pool/idleTimeoutMillis": 300,
    });
    await sleepers(4, 0.4);
    await pause(2500);
    assert.equal(await sessions(), 0);
  });

  it("database.pool.connectionTimeoutMillis ends the wait for a connection", async () => {
    await deliver({ "/database/pool/max": 1, "/database/pool/connectionTimeoutMillis": 300 });
    const long = query("SELECT pg_sleep(2)");
    await pause(200);
    const start = performance.now();
    const waiting = await query("SELECT 1");
    assert.ok(performance.now() - start < 1500);
    assert.equal(waiting.failed, true);
    assert.match(waiting.text, /does not answer now/);
    assert.equal((await long).failed, false);
  });

  it("database.pool.maxUses closes a connection after so many uses", async () => {
    const pids = async () => {
      const seen = new Set<unknown>();
      for (let count = 0; count < 3; count += 1) {
        const { structured } = await query("SELECT pg_backend_pid() AS pid");
        seen.add((structured["rows"] as { pid: number }[])[0]!.pid);
        // The connection goes back to the pool only after the answer.
        await pause(100);
      }
      return seen.size;
    };
    await deliver({ "/database/pool/max": 1 });
    assert.equal(await pids(), 1);
    await deliver({ "/database/pool/max": 1, "/database/pool/maxUses": 1 });
    assert.equal(await pids(), 3);
  });

  it("database.pool.serviceMax is the most connections of the server's own login", async () => {
    const patient = editFiles({ access: { "/access/authentication/maxFailedAttempts": 1000 } });
    await deliver({ "/database/pool/serviceMax": 1 }, patient);
    const unknown = (count: number) => `kcp_${String(count).padStart(32, "0")}`;
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, count) =>
        post(server, "tools/list", {}, { "x-api-key": unknown(count) }),
      ),
    );
    assert.deepEqual([...new Set(asked.map(({ status }) => status))], [401]);
    const ownSessions = () =>
      stage.asSuperuser((session) =>
        session.query("SELECT FROM pg_stat_activity WHERE application_name = 'kilocode postgres'"),
      );
    // Those of the version before have some moments to end.
    let found = await ownSessions();
    for (let attempt = 0; found.rows.length > 1 && attempt < 50; attempt++) {
      await pause(100);
      found = await ownSessions();
    }
    assert.equal(found.rows.length, 1);
  });

  it("database.connectionString and password are the server's own login", async () => {
    const { port } = stage.superuser();
    await stage.asSuperuser((session) =>
      session.query("CREATE ROLE postgres_7 LOGIN PASSWORD 'own-login' IN ROLE mcp_service"),
    );
    await deliver(
      {
        "/database/connectionString": `postgresql://postgres_7@localhost:${port}/mcp_db`,
        "/database/password": "file:/run/kilocode/secrets/other-password",
      },
      (files) => void (files["secrets/other-password"] = "own-login\n"),
    );
    await pause(1100);
    assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.default })).status, 200);
    const found = await stage.asSuperuser((session) =>
      session.query("SELECT FROM pg_stat_activity WHERE usename = 'postgres_7'"),
    );
    assert.ok(found.rows.length > 0);
  });

  it("database.ssl.ca says which PostgreSQL gets the password", async () => {
    await deliver(
      { "/database/ssl/ca": "/etc/ssl/kilocode/other.crt" },
      (files) => void (files["ssl/other.crt"] = selfSigned().certificate),
    );
    await pause(1100);
    assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.default })).status, 503);
    await deliver({});
    assert.equal((await query("SELECT 1")).failed, false);
  });

  it("security.slowQueryThreshold and queryLogging say which statements are logged", async () => {
    const logged = async (keys: Record<string, unknown>): Promise<LogLine[]> => {
      await deliver({ "/logging/level": "DEBUG", "/security/slowQueryThreshold": 300, ...keys });
      const before = server.log.length;
      await query("SELECT 1");
      await query("SELECT pg_sleep(0.4)");
      await pause(100);
      return server.log.slice(before).filter(({ msg }) => msg.endsWith("statement"));
    };
    const all = await logged({ "/security/queryLogging": true });
    assert.deepEqual(
      all.map(({ msg, level }) => [msg, level]),
      [
        ["statement", "debug"],
        ["slow statement", "warn"],
      ],
    );
    const slow = await logged({ "/security/queryLogging": false });
    assert.deepEqual(
      slow.map(({ msg }) => msg),
      ["slow statement"],
    );
    const none = await logged({ "/security/queryLogging": false, "/security/slowQueryThreshold": 5000 });
    assert.deepEqual(none, []);
  });

  it("logging.enabled and logging.level say what the server logs", async () => {
    const lines = async () => {
      const before = server.log.length;
      await query("SELECT 1");
      await pause(100);
      return server.log.slice(before).map(({ msg }) => msg);
    };
    assert.ok((await lines()).includes("tool call"));
    await server.deliver({ spoil: editFiles({ postgres: { "/logging/level": "ERROR" } }) });
    await pause(1200);
    assert.deepEqual(await lines(), []);
    await server.deliver({ spoil: editFiles({ postgres: { "/logging/enabled": false } }) });
    await pause(1200);
    assert.deepEqual(await lines(), []);
    await deliver({ "/logging/level": "INFO" });
    assert.ok((await lines()).includes("tool call"));
  });
});
