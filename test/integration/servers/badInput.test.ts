import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { handshake } from "./handshake.ts";
import { rawRequest } from "./rawRequest.ts";
import { post } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("bad input to a server", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage, {
      overrides: { postgres: { server: { timeout: 3000, maxRequestSize: "100KB", maxConnections: 40 } } },
    });
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });
  /** The server is up and answers others. */
  afterEach(async () => {
    assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.second })).status, 200);
  });

  const send = async (body: string | Buffer | readonly Buffer[], more: Record<string, string> = {}) => {
    const headers = {
      "x-api-key": stage.keys.default,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...more,
    };
    const answer = await rawRequest(server, { headers, body });
    return { status: answer.status, text: answer.body.toString() };
  };
  const call = (args: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"execute_query","arguments":${args}}}`;
  const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);

  const refused: [string, string | Buffer | Buffer[], Record<string, string>, number, RegExp][] = [
    ["JSON 10,000 levels deep", nested(10_000, "[", "]"), {}, 400, /deeper than 64 levels/],
    ["objects 10,000 levels deep", nested(5000, '{"a":[', "]}"), {}, 400, /deeper than 64 levels/],
    ["deep arguments", call(`{"sql":"SELECT 1","params":${nested(100, "[", "]")}}`), {}, 400, /64 levels/],
    ["brackets without end", "[".repeat(90_000), {}, 400, /deeper than 64 levels/],
    ["a batch", `[${call("{}")},${call("{}")}]`, {}, 400, /batches are no part/],
    ["no object", '"text"', {}, 400, /is an object/],
    ["nothing", "", {}, 400, /body is empty/],
    ["no JSON", "{'a': 1}", {}, 400, /not valid JSON/],
    ["invalid UTF-8", Buffer.from(call('{"sql":"\u00ff"}'), "latin1"), {}, 400, /not valid UTF-8/],
    ["UTF-16", Buffer.from(call("{}"), "utf16le"), {}, 400, /not valid JSON/],
    ["another charset", call("{}"), { "content-type": "application/json; charset=latin1" }, 415, /in UTF-8/],
    ["a form", "a=1", { "content-type": "application/x-www-form-urlencoded" }, 415, /application\/json/],
    ["no type", call("{}"), { "content-type": "" }, 415, /application\/json/],
    ["a compressed body", call("{}"), { "content-encoding": "gzip" }, 415, /without Content-Encoding/],
    ["too many bytes", " ".repeat(200_000), {}, 413, /maxRequestSize of 102400 bytes/],
    [
      "too many bytes in chunks, without a length",
      Array.from({ length: 20 }, () => Buffer.alloc(10_000, 32)),
      {},
      413,
      /maxRequestSize of 102400 bytes/,
    ],
  ];
  for (const [name, body, headers, status, problem] of refused) {
    it(`refuses ${name}, and says what to change`, async () => {
      const answer = await send(body, headers);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, problem);
    });
  }

  it("takes chunked bodies, repeated keys and odd names for what they are", async () => {
    const body = call('{"sql":"SELECT 1","sql":"SELECT 42 AS n"}');
    const chunks = Array.from(Buffer.from(body), (byte) => Buffer.of(byte));
    const { status, text } = await send(chunks);
    assert.equal(status, 200);
    assert.match(text, /"n":42/);
    for (const name of ["__proto__", "constructor", "prototype"]) {
      const odd = await send(call(`{"sql":"SELECT 43 AS n","${name}":{"maxRows":0,"polluted":true}}`));
      assert.equal(odd.status, 200);
      assert.match(odd.text, /"n":43/);
      assert.doesNotMatch(odd.text, /polluted/);
    }
  });

  it("refuses arguments of any other kind with the name of the one that is wrong", async () => {
    for (const args of [
      '{"sql":1}',
      "{}",
      '{"sql":""}',
      '{"sql":"x","maxRows":1e400}',
      '{"sql":"x","params":{}}',
    ]) {
      const { status, text } = await send(call(args));
      assert.equal(status, 200);
      assert.match(text, /sql|maxRows|params/);
      assert.match(text, /"isError":true|"error"/);
    }
  });

  it("ends connections whose headers are too many, garbage, or two requests that are none", async () => {
    const answers = [
      `GET /mcp HTTP/1.1\r\nHost: localhost\r\n${"X-Header: y\r\n".repeat(5000)}\r\n`,
      `GET /mcp HTTP/1.1\r\nHost: localhost\r\nX-Header: ${"y".repeat(50_000)}\r\n\r\n`,
      "\u0000\u0001\u0002 garbage\r\n\r\n",
      "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nthis is no request\r\n\r\n",
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    ];
    for (const text of answers) {
      const socket = await handshake(server);
      socket.write(text);
      socket.resume();
      await once(socket, "close");
    }
  });

  it("lets callers in while 1,000 connections are opened and say nothing, and forgets them", async () => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 1000; count += 1) {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {});
      sockets.push(socket);
      if (count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Who is refused while they come in by hundreds comes in a second later.
    for (;;) {
      const list = post(server, "tools/list", {}, { "x-api-key": stage.keys.default });
      if ((await list.catch(() => undefined))?.status === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // A TLS handshake that does not come is not waited for: all of them end by themselves.
    for (const socket of sockets) if (!socket.closed) await once(socket.resume(), "close");
  });

  it("ends a body that comes a byte at a time at the server's time-out", async () => {
    const socket = await handshake(server);
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${stage.keys.default}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write(" "), 200);
    socket.resume();
    await once(socket, "close");
    clearInterval(drip);
  });

  it("ends the database's work for a client that vanishes in the middle of a call", async () => {
    const socket = await handshake(server);
    const body = call('{"sql":"SELECT pg_sleep(60) AS vanishing"}');
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${stage.keys.default}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const running = () =>
      stage.asSuperuser(async (session) => {
        const { rows } = await session.query(
          "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60) AS vanishing' AND state = 'active'",
        );
        return rows.length > 0;
      });
    while (!(await running()));
    socket.destroy();
    while (await running());
  });
});
