import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { newAuditRows, settledAuditRows } from "./auditRows.ts";
import { editFiles } from "./editFiles.ts";
import { callFixture, startFixture } from "./fixture.ts";
import { rawRequest } from "./rawRequest.ts";
import { callTool, connectClient, post, request } from "./request.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

// Each test delivers other files to the running server: what it shows takes effect live.
describe("limits of a running server", function () {
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

  async function deliver(changes: Parameters<typeof editFiles>[0]): Promise<void> {
    const before = server.log.length;
    await server.deliver({ spoil: editFiles(changes) });
    await server.line("files in force", before);
  }
  const look = (key = stage.keys.default, headers = {}) => callFixture(server, key, "look", {}, headers);
  const isRefused = ({ text }: { text: string }) => /Too many calls of \w+/.test(text);
  const count = async (calls: number, call: () => Promise<{ status: number; text: string }>) => {
    let refused = 0;
    for (let n = 0; n < calls; n += 1) {
      const answer = await call();
      refused += isRefused(answer) || answer.status === 429 ? 1 : 0;
    }
    return refused;
  };

  describe("security.rateLimit", () => {
    const limit = (rate: object) => ({
      postgres: Object.fromEntries(
        Object.entries(rate).map(([key, value]) => [`/security/rateLimit/${key}`, value]),
      ),
    });

    it("requestsPerMinute and burst limit each tool for one caller, and enabled switches it off", async () => {
      await deliver(limit({ enabled: true, requestsPerMinute: 1, burst: 3 }));
      const known = await settledAuditRows(stage);
      assert.equal(await count(5, look), 2);
      const { status, text } = await look();
      assert.equal(status, 200);
      assert.match(text, /"isError":true/);
      assert.match(text, /1 per minute are allowed, 3 at once\. Try again in (59|60) s/);
      // Another tool and another caller have counts of their own.
      assert.equal(await count(3, () => callFixture(server, stage.keys.default, "other")), 0);
      assert.equal(await count(3, () => look(stage.keys.second)), 0);
      // Of the refusals in a row the first is recorded.
      const denied = (await newAuditRows(stage, known, 10)).filter(({ status: one }) => one === "denied");
      assert.deepEqual(
        denied.map(({ action, actor, error_message }) => [action, actor, error_message]),
        [["look", "default", "rate limit"]],
      );
      await deliver(limit({ enabled: true, requestsPerMinute: 600, burst: 3 }));
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert.equal(await count(1, look), 0);
      await deliver(limit({ enabled: false, requestsPerMinute: 1, burst: 1 }));
      assert.equal(await count(5, look), 0);
    });

    it("counts by the tool that the body names, whatever the header says, and arguments that do not fit too", async () => {
      await deliver(limit({ enabled: true, requestsPerMinute: 1, burst: 2 }));
      const key = stage.keys.admin;
      const named = [0, 1, 2, 3].map((n) =>
        look(key, { "mcp-name": `other${n}`, "mcp-method": "tools/list" }),
      );
      assert.equal((await Promise.all(named)).filter(isRefused).length, 2);
      const { client, close } = await connectClient(server, key);
      const answers = await Promise.all([1, 2].map(() => callTool(client, "look", {})));
      assert.ok(answers.every(({ failed, text }) => failed && isRefused({ text })));
      await close();
      const known = await settledAuditRows(stage);
      for (let n = 0; n < 5; n += 1) await callFixture(server, key, "long", { bytes: "x" });
      for (let n = 0; n < 5; n += 1) await callFixture(server, key, `made-up-${n}`);
      const rows = await newAuditRows(stage, known, 6);
      assert.deepEqual(
        rows.map(({ action, error_message }) => [action, error_message]),
        [
          ["long", "invalid arguments"],
          ["long", "invalid arguments"],
          ["long", "rate limit"],
          ["made-up-0", "no such tool"],
          ["made-up-1", "no such tool"],
          ["(no such tool)", "rate limit"],
        ],
      );
      await deliver({});
    });
  });

  describe("access.rateLimit", () => {
    const limit = (keys: Record<string, unknown>) => ({
      access: Object.fromEntries(
        Object.entries({ enabled: true, ...keys }).map(([key, value]) => [`/access/rateLimit/${key}`, value]),
      ),
    });

    it("maxRequests in windowMs limit one caller over all tools, and enabled switches it off", async () => {
      await deliver(limit({ windowMs: 60_000, maxRequests: 4 }));
      const known = await settledAuditRows(stage);
      const tools = ["look", "other", "look", "other", "look", "other"];
      const answers = [];
      for (const tool of tools) answers.push(await callFixture(server, stage.keys.default, tool));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 429, 429],
      );
      const { headers, text } = answers.at(-1)!;
      const seconds = Number(headers.get("retry-after"));
      assert.ok(seconds > 50 && seconds <= 60, String(seconds));
      assert.match(text, /"message":"Too many requests: 4 in 60 s are allowed\. Try again in \d+ s\."/);
      assert.equal((await look(stage.keys.second)).status, 200);
      const denied = (await newAuditRows(stage, known, 6)).filter(({ status }) => status === "denied");
      assert.deepEqual(
        denied.map(({ action, actor, error_message }) => [action, actor, error_message]),
        [["request", "default", "rate limit"]],
      );
      await deliver(limit({ windowMs: 1000, maxRequests: 4 }));
      assert.equal(await count(4, look), 0);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      assert.equal((await look()).status, 200);
      await deliver(limit({ enabled: false, maxRequests: 1 }));
      assert.equal(await count(4, look), 0);
    });

    it("skip names paths that are not counted", async () => {
      await deliver(limit({ maxRequests: 2, skip: ["/health"] }));
      const health = () => request(server, {}, "/health");
      assert.equal(await count(4, health), 0);
      assert.equal(await count(4, look), 2);
      await deliver(limit({ maxRequests: 3, skip: ["/mcp"] }));
      assert.equal(await count(5, health), 2);
      assert.equal(await count(5, look), 0);
    });

    it("skipSuccessfulRequests and skipFailedRequests say which requests count", async () => {
      const fail = () => callFixture(server, stage.keys.default, "fail");
      await deliver(limit({ maxRequests: 2, skipSuccessfulRequests: true }));
      assert.equal(await count(5, look), 0);
      assert.equal(await count(4, fail), 2);
      await deliver(limit({ maxRequests: 3, skipFailedRequests: true }));
      assert.equal(await count(5, fail), 0);
      assert.equal(await count(5, look), 2);
      await deliver({});
    });
  });

  it("server.enableCompression compresses answers for those who accept it", async () => {
    const ask = async (accepted: string | undefined, bytes = 20_000, more: Record<string, string> = {}) => {
      const meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "test", version: "0" },
        "io.modelcontextprotocol/clientCapabilities": {},
      };
      const params = { name: "long", arguments: { bytes }, _meta: meta };
      const { headers, body } = await rawRequest(server, {
        headers: {
          "x-api-key": stage.keys.default,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "tools/call",
          "mcp-name": "long",
          ...(accepted === undefined ? {} : { "accept-encoding": accepted }),
          ...more,
        },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
      });
      return { coding: headers["content-encoding"], vary: headers["vary"], body };
    };
    const holds = (body: Buffer) => assert.match(body.toString(), /"done":"01234567890123.*456789"/);

    const plain = await ask(undefined);
    assert.equal(plain.coding, undefined);
    holds(plain.body);
    const brotli = await ask("gzip, deflate, br");
    assert.equal(brotli.coding, "br");
    assert.equal(brotli.vary, "accept-encoding");
    assert.ok(brotli.body.length < plain.body.length / 10);
    holds(brotliDecompressSync(brotli.body));
    const zipped = await ask("gzip");
    assert.equal(zipped.coding, "gzip");
    holds(gunzipSync(zipped.body));
    // Neither what is small, nor for a web page, nor what nobody accepts, nor an event stream.
    assert.equal((await ask("br", 10)).coding, undefined);
    assert.equal((await ask("br", 20_000, { origin: "https://app.example" })).coding, undefined);
    assert.equal((await ask("br;q=0, gzip;q=0")).coding, undefined);
    const stream = await post(
      server,
      "tools/call",
      { name: "long", arguments: { bytes: 20_000 } },
      { "x-api-key": stage.keys.default, "accept-encoding": "br" },
    );
    assert.match(stream.headers.get("content-type") ?? "", /event-stream/);
    assert.equal(stream.headers.get("content-encoding"), null);
    await deliver({ postgres: { "/server/enableCompression": false } });
    const off = await ask("br");
    assert.equal(off.coding, undefined);
    holds(off.body);
  });
});
