import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { callTool, connectClient, post, request } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess, StartOptions } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("the life of a server", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  const servers: ServerProcess[] = [];

  before(async () => {
    stage = await readyStage();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.end();
  });
  after(() => stage?.stop());

  async function start(options: StartOptions = {}): Promise<ServerProcess> {
    const server = await startServer(stage, options);
    servers.push(server);
    return server;
  }

  it("puts a new version of its files into force, certificate and all", async () => {
    const server = await start();
    const { client, close } = await connectClient(server, stage.keys.default);
    const many = { sql: "SELECT generate_series(1, 100) AS n" };
    assert.equal((await callTool(client, "execute_query", many)).structured["rowCount"], 100);

    const certificate = selfSigned();
    const before = server.log.length;
    await server.deliver({
      certificate,
      overrides: { postgres: { database: { maxRows: 7 }, security: { allowedHosts: ["localhost"] } } },
    });
    await server.line("files in force", before);

    assert.equal(await fingerprint(server), new X509Certificate(certificate.certificate).fingerprint256);
    // The connection that was open goes on, under the new settings.
    assert.equal((await callTool(client, "execute_query", many)).structured["rowCount"], 7);
    await close();
  });

  const spoilt: Record<string, [(files: Record<string, string>) => void, RegExp]> = {
    "no JSON": [(files) => void (files["mcp/postgres.json"] = "{"), /postgres\.json: is no JSON/],
    "a wrong value": [
      (files) => void (files["mcp/access.json"] = '{"access":{"authentication":{"enabled":"no"}}}'),
      /access\.json: \/access\/authentication\/enabled/,
    ],
    "a key of another certificate": [
      (files) => void (files["ssl/mcp.key"] = selfSigned().privateKey),
      /mcp\.key: does not belong/,
    ],
    "no secret": [
      (files) => void delete files["secrets/database-reader-password"],
      /database-reader-password: the secret cannot be read \(ENOENT\)/,
    ],
    "cipher suites without forward secrecy": [
      (files) => void (files["mcp/ssl.json"] = '{"ssl":{"cipherSuites":["TLS_RSA_WITH_AES_128_CBC_SHA"]}}'),
      /cipherSuites\/0: must be one of/,
    ],
  };
  for (const [name, [spoil, problem]] of Object.entries(spoilt)) {
    it(`keeps the files in force when new ones have ${name}, and says so`, async () => {
      const server = await start();
      const print = await fingerprint(server);
      const before = server.log.length;
      await server.deliver({ spoil });
      const line = await server.line("new files refused; the ones in force stay", before);
      assert.match(String(line["problem"]), problem);
      assert.equal(line["level"], "error");
      assert.equal(await fingerprint(server), print);
      assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.default })).status, 200);
      // And takes the next good ones.
      const mended = server.log.length;
      await server.deliver();
      await server.line("files in force", mended);
    });
  }

  it("does not start with files that it cannot work with: exit code 78 and one line that says why", async () => {
    const server = await start({
      expectExit: true,
      spoil: (files) => void (files["mcp/postgres.json"] = '{"server":{"port":"x"}}'),
    });
    assert.equal(await server.exited, 78);
    assert.equal(server.log.length, 1);
    assert.match(server.log[0]!.msg, /postgres\.json: .*\/server\/port/);
  });

  it("ends in order also when it is asked to while it starts", async () => {
    const server = await start({ expectExit: true });
    await server.line("files in force", 0);
    server.signal("SIGTERM");
    assert.equal(await server.exited, 0);
    assert.equal(server.log.at(-1)?.msg, "stopped");
  });

  it("starts and answers /health while PostgreSQL is away", async () => {
    const server = await start({ databasePort: 1 });
    assert.equal((await request(server, {}, "/health")).status, 200);
    assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.default })).status, 503);
  });

  it("goes over to another login without failing a call", async () => {
    const server = await start();
    const { client, close } = await connectClient(server, stage.keys.default);
    await stage.asSuperuser((session) =>
      session.query("CREATE ROLE postgres_reader_2 LOGIN PASSWORD 'second-login' IN ROLE mcp_reader"),
    );
    let failures = 0;
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted)
        failures += (await callTool(client, "execute_query", { sql: "SELECT 1" })).failed ? 1 : 0;
    })();
    const before = server.log.length;
    await server.deliver({
      overrides: { postgres: { database: { reader: { user: "postgres_reader_2" } } } },
      spoil: (files) => void (files["secrets/database-reader-password"] = "second-login\n"),
    });
    await server.line("files in force", before);
    const who = await callTool(client, "execute_query", { sql: "SELECT current_user" });
    over.abort();
    await load;
    assert.equal(failures, 0);
    assert.deepEqual(who.structured["rows"], [{ current_user: "postgres_reader_2" }]);
    await close();
  });

  it("ends the statement of a client that vanishes, and serves the next", async function () {
    // Left alone, the statement would go on for longer than this test may take.
    this.timeout(20_000);
    const server = await start();
    const { client, close } = await connectClient(server, stage.keys.default);
    const marker = "SELECT pg_sleep(29) AS vanished";
    const gone = new AbortController();
    callTool(client, "execute_query", { sql: marker }, { signal: gone.signal }).catch(() => {});
    const running = () =>
      stage.asSuperuser(async (session) => {
        const found = await session.query(
          "SELECT FROM pg_stat_activity WHERE query = $1 AND state = 'active'",
          [marker],
        );
        return found.rows.length > 0;
      });
    while (!(await running()));
    gone.abort();
    while (await running());
    assert.equal((await callTool(client, "execute_query", { sql: "SELECT 1" })).failed, false);
    await close();
  });

  it("ends at SIGTERM with code 0: the call under way is answered, new connections are refused", async () => {
    const server = await start();
    const { client, close } = await connectClient(server, stage.keys.default);
    const underWay = callTool(client, "execute_query", { sql: "SELECT pg_sleep(1.5), 'done' AS state" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.signal("SIGTERM");
    await server.line("stopping");
    await assert.rejects(request(server, {}, "/health"));
    const { structured } = await underWay;
    assert.match(JSON.stringify(structured), /done/);
    assert.equal(await server.exited, 0);
    assert.deepEqual(server.log.at(-1)!["requestsCutOff"], 0);
    await close();
  });

  it("ends at SIGTERM although a call goes on, cuts it off, and leaves nothing running in PostgreSQL", async () => {
    const server = await start();
    const { client, close } = await connectClient(server, stage.keys.default);
    callTool(client, "execute_query", { sql: "SELECT pg_sleep(29)" }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.signal("SIGTERM");
    assert.equal(await server.exited, 0);
    assert.equal(server.log.at(-1)!["requestsCutOff"], 1);
    const running = await stage.asSuperuser(async (session) => {
      await session.query("SELECT pg_sleep(1.5)");
      return session.query(
        "SELECT FROM pg_stat_activity WHERE application_name LIKE 'kilocode postgres reader' AND state = 'active'",
      );
    });
    assert.equal(running.rows.length, 0);
    await close();
  });
});

/** Of the certificate that a new connection is shown. */
async function fingerprint(server: ServerProcess): Promise<string> {
  const socket = connect({
    host: "127.0.0.1",
    port: server.port,
    servername: "localhost",
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
