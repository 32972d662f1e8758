import assert from "node:assert/strict";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { hashKey } from "#servers/runtime/credentials.ts";
import { openDatabaseProxy } from "./databaseProxy.ts";
import type { DatabaseProxy } from "./databaseProxy.ts";
import { handshake } from "./handshake.ts";
import { post, request } from "./request.ts";
import type { Answer } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("the entrance of a server", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let proxy: DatabaseProxy;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    proxy = await openDatabaseProxy(stage.superuser());
    server = await startServer(stage, {
      databasePort: proxy.port,
      overrides: {
        postgres: { server: { timeout: 3000, maxRequestSize: "100KB", maxConnections: 20 } },
        access: { access: { authentication: { maxFailedAttempts: 1000 } } },
      },
    });
  });
  after(async () => {
    await server?.end();
    proxy?.close();
    await stage?.stop();
  });

  const list = (headers: Record<string, string>): Promise<Answer> => post(server, "tools/list", {}, headers);

  it("lets nobody in without a valid key, and says how to authenticate", async () => {
    const without = await list({});
    assert.equal(without.status, 401);
    assert.match(without.headers.get("www-authenticate")!, /^Bearer realm="kilocode-mcp", scope=/);
    for (const headers of [
      { "x-api-key": `kcp_${"0".repeat(32)}` },
      { "x-api-key": "x" },
      { authorization: `Bearer kcp_${"0".repeat(32)}` },
      { authorization: "Basic a2NwOng=" },
    ]) {
      const { status, headers: answered } = await list(headers);
      assert.equal(status, 401, JSON.stringify(headers));
      assert.match(answered.get("www-authenticate") ?? "", /error="invalid_token"/);
    }
    const get = await request(server);
    assert.equal(get.status, 401);
  });

  it("takes the key from either header, not from the address", async () => {
    assert.equal((await list({ "x-api-key": stage.keys.default })).status, 200);
    assert.equal((await list({ authorization: `Bearer ${stage.keys.default}` })).status, 200);
    const inQuery = await request(server, { method: "POST" }, `/mcp?key=${stage.keys.default}`);
    assert.equal(inQuery.status, 401);
  });

  it("refuses a client that was not given this server", async () => {
    const { status, text } = await list({ "x-api-key": stage.keys.elsewhere });
    assert.equal(status, 403);
    assert.match(text, /client elsewhere is not allowed on server postgres/);
  });

  it("refuses a key within two seconds of its end", async () => {
    const key = `kcp_${"e".repeat(32)}`;
    await stage.asSuperuser((client) =>
      client.query(
        `INSERT INTO mcp.api_keys (key_id, key_prefix, key_hash, name, permissions, created_by)
         SELECT 'default.9', 'kcp_eeee', $1, 'short', '{server:postgres}', id FROM mcp.users WHERE username = 'default'`,
        [hashKey(key)],
      ),
    );
    assert.equal((await list({ "x-api-key": key })).status, 200);
    await stage.asSuperuser((client) =>
      client.query("UPDATE mcp.api_keys SET is_active = false WHERE key_id = 'default.9'"),
    );
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal((await list({ "x-api-key": key })).status, 401);
  });

  it("answers 503 with Retry-After while the database is away, never 401, and 200 when it is back", async () => {
    const unseen = { "x-api-key": `kcp_${"f".repeat(32)}` };
    const seen = { "x-api-key": stage.keys.default };
    await list(seen);
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (const headers of [seen, unseen]) {
      const { status, headers: answered } = await list(headers);
      assert.equal(status, 503);
      assert.equal(answered.get("retry-after"), "2");
    }
    assert.equal((await request(server, {}, "/health")).status, 200);
    proxy.mend();
    assert.equal((await list(seen)).status, 200);
    assert.equal((await list(unseen)).status, 401);
  });

  it("tells a caller that the database is away, when only the answer about the key is known", async () => {
    const call = { name: "execute_query", arguments: { sql: "SELECT 1" } };
    const headers = { "x-api-key": stage.keys.default };
    let answer: Answer;
    do {
      await list(headers);
      proxy.cut();
      answer = await post(server, "tools/call", call, headers);
      proxy.mend();
      // On a busy machine the remembered answer may have become too old meanwhile.
    } while (answer.status === 503);
    const { status, text } = answer;
    assert.equal(status, 200);
    assert.match(text, /"isError":true/);
    assert.match(text, /The database does not answer now/);
    assert.doesNotMatch(text, /127\.0\.0\.1|ECONN/);
  });

  it("answers /health without a key and without details", async () => {
    const { status, text } = await request(server, {}, "/health");
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { status: "ok" });
    assert.equal((await request(server, { method: "POST" }, "/health")).status, 405);
    assert.equal((await request(server, {}, "/")).status, 404);
  });

  it("refuses foreign host names and origins, also with a valid key", async () => {
    const key = { "x-api-key": stage.keys.default };
    const statusOf = async (headers: Record<string, string>) =>
      (await raw(server, "POST", "/mcp", { ...key, ...headers }, "{}")).slice(9, 12);
    assert.equal(await statusOf({ host: "evil.example" }), "403");
    assert.equal(await statusOf({ host: "mcp.example:443", origin: "https://evil.example" }), "403");
    assert.equal(await statusOf({ host: "localhost", origin: "null" }), "403");
    assert.equal(await statusOf({ host: "localhost", origin: "https://app.example:444" }), "403");
    assert.notEqual(await statusOf({ host: "mcp.example", origin: "https://app.example" }), "403");
  });

  it("takes no request beyond the configured size", async () => {
    const headers = { "x-api-key": stage.keys.default };
    const small = await post(
      server,
      "tools/call",
      { name: "execute_query", arguments: { sql: `SELECT 1 --${" ".repeat(90_000)}` } },
      headers,
    );
    assert.equal(small.status, 200);
    const large = await post(
      server,
      "tools/call",
      { name: "execute_query", arguments: { sql: " ".repeat(200_000) } },
      headers,
    );
    assert.equal(large.status, 413);
  });

  it("survives bodies that are no request", async () => {
    const headers = {
      "x-api-key": stage.keys.default,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    for (const body of [
      "",
      "{",
      "[]",
      "null",
      '"x"',
      `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
      '{"jsonrpc":"2.0"}',
      "\u0000",
    ]) {
      const { status } = await request(server, { method: "POST", headers, body });
      assert.ok(status >= 400 && status < 500, `${body.slice(0, 20)}: ${status}`);
    }
    const { status } = await request(server, {
      method: "POST",
      headers: { ...headers, "content-type": "text/plain" },
      body: "{}",
    });
    assert.equal(status, 415);
    assert.equal((await list(headers)).status, 200);
  });

  it("closes connections that send too slowly, and serves others meanwhile", async () => {
    const slowHeaders = await handshake(server);
    slowHeaders.write("POST /mcp HTTP/1.1\r\nHost: localhost\r\n");
    const slowBody = await handshake(server);
    slowBody.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${stage.keys.default}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
    assert.equal((await list({ "x-api-key": stage.keys.default })).status, 200);
    slowBody.resume();
    slowHeaders.resume();
    await Promise.all([once(slowBody, "close"), once(slowHeaders, "close")]);
  });

  it("accepts no more connections than configured, and serves again when some are closed", async () => {
    const sockets: TLSSocket[] = [];
    let refused = 0;
    for (let count = 0; count < 25; count += 1) {
      const socket = await handshake(server).catch(() => undefined);
      if (!socket) {
        refused += 1;
        continue;
      }
      // One on which no key was shown could be closed for a new one.
      socket.write(`GET /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${stage.keys.default}\r\n\r\n`);
      await once(socket, "data");
      sockets.push(socket);
    }
    assert.ok(refused >= 5, String(refused));
    for (const socket of sockets) socket.destroy();
    assert.equal((await list({ "x-api-key": stage.keys.default })).status, 200);
  });

  it("speaks TLS 1.2 and newer only, and no plain HTTP", async () => {
    await assert.rejects(handshake(server, { maxVersion: "TLSv1.1", minVersion: "TLSv1" }));
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await handshake(server, { maxVersion: version, minVersion: version });
      assert.equal(socket.getProtocol(), version);
      socket.destroy();
    }
    await assert.rejects(
      handshake(server, { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0" }),
    );
    await assert.rejects(fetch(`http://localhost:${server.port}/health`));
  });

  it("logs refusals and calls, and no key, statement, parameter or password", async () => {
    const secret = "canary-parameter";
    const answer = await post(
      server,
      "tools/call",
      { name: "execute_query", arguments: { sql: `SELECT $1 || 'canary-statement'`, params: [secret] } },
      { "x-api-key": stage.keys.default },
    );
    assert.match(answer.text, /canary-parametercanary-statement/);
    await post(
      server,
      "tools/call",
      { name: "execute_query", arguments: { sql: "SELECT canary_column" } },
      { "x-api-key": stage.keys.default },
    );
    const messages = server.log.map(({ msg }) => msg);
    assert.ok(messages.includes("request refused") && messages.includes("tool call"));
    for (const line of server.log)
      assert.ok(line["time"] !== undefined && line["level"] !== undefined && line["server"] === "postgres");
    const output = server.output();
    for (const word of [
      secret,
      "canary-statement",
      "canary_column",
      "kcp_",
      ...Object.values(stage.passwords),
    ]) {
      assert.ok(!output.includes(word), word);
    }
  });
});

/** Sends exactly these headers, which an HTTP client would not. */
async function raw(
  server: ServerProcess,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<string> {
  const socket = await handshake(server);
  const head = Object.entries({ ...headers, "content-length": String(body.length), connection: "close" });
  socket.write(
    `${method} ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}
