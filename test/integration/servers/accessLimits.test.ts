import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createHttpServer } from "#servers/runtime/httpServer.ts";
import type { Auditor } from "#servers/runtime/audit/auditor.ts";
import { createLog } from "#servers/runtime/log.ts";
import { loadConfig } from "#servers/runtime/loadConfig.ts";
import { postgresFile } from "#model/files/schema/postgres.ts";
import type { McpHttpHandler } from "@modelcontextprotocol/server";
import { openDatabaseProxy } from "./databaseProxy.ts";
import type { DatabaseProxy } from "./databaseProxy.ts";
import { editFiles } from "./editFiles.ts";
import { connectClient, post } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";
import { askTokens, refresh, tokensFor } from "./tokenRequests.ts";

const trusted = { "/access/trustedProxies/networks": ["127.0.0.0/8"] };
const call = { name: "execute_query", arguments: { sql: "SELECT 1" } };

describe("what the entrance of a server remembers and looks at", function () {
  this.timeout(240_000);
  let stage: ReadyStage;
  let proxy: DatabaseProxy;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    proxy = await openDatabaseProxy(stage.superuser());
    server = await startServer(stage, { databasePort: proxy.port });
  });
  after(async () => {
    await server?.end();
    proxy?.close();
    await stage?.stop();
  });

  async function deliver(keys: Record<string, unknown>): Promise<void> {
    const before = server.log.length;
    await server.deliver({ spoil: editFiles({ access: keys }) });
    await server.line("files in force", before);
  }
  const list = (headers: Record<string, string>) => post(server, "tools/list", {}, headers);
  const statusOf = async (headers: Record<string, string>) => (await list(headers)).status;
  const good = (key: keyof ReadyStage["keys"] = "default") => ({ "x-api-key": stage.keys[key] });
  let guesses = 0;
  const guess = () => ({ "x-api-key": `kcp_${String((guesses += 1)).padStart(32, "0")}` });
  const wrong = async (headers: Record<string, string>, times: number) => {
    const statuses = [];
    for (let time = 0; time < times; time += 1) statuses.push(await statusOf({ ...guess(), ...headers }));
    return statuses;
  };
  const hour = (offset: number) =>
    `${String((new Date().getUTCHours() + 24 + offset) % 24).padStart(2, "0")}:00`;
  const limit = (conditions: object, actions = ["read"], roles: string[] = []) => ({
    "/access/authorization/resourceBased/rules": [{ resource: "postgres", actions, roles, conditions }],
  });

  it("trustedProxies.networks and header say whose word on an address is taken", async () => {
    const rule = limit({ ip: ["192.0.2.0/24"] });
    const calls = async (headers: Record<string, string>) =>
      (await post(server, "tools/call", call, { ...good(), ...headers })).status;
    await deliver(rule);
    assert.equal(await calls({ "x-forwarded-for": "192.0.2.1" }), 403, "nobody's word is taken");
    await deliver({ ...rule, ...trusted });
    assert.equal(await calls({ "x-forwarded-for": "192.0.2.1" }), 200);
    assert.equal(await calls({ "x-forwarded-for": "192.0.2.1, 203.0.113.7" }), 403);
    assert.equal(await calls({ forwarded: "for=192.0.2.1" }), 403, "the other header is not read");
    assert.equal(await calls({ "x-forwarded-for": "nonsense" }), 400);
    await deliver({ ...rule, ...trusted, "/access/trustedProxies/header": "Forwarded" });
    assert.equal(await calls({ forwarded: "for=203.0.113.7, for=192.0.2.1;proto=https" }), 200);
    assert.equal(await calls({ "x-forwarded-for": "192.0.2.1" }), 403);
  });

  it("authorization.resourceBased.rules limit calls by network and hour, and what is listed", async () => {
    const visible = async (key: keyof ReadyStage["keys"] = "default") => {
      const { client, close } = await connectClient(server, stage.keys[key]);
      const { tools } = await client.listTools();
      await close();
      return tools.length;
    };
    await deliver(limit({ time: [`${hour(-1)}-${hour(2)}`] }));
    assert.ok((await visible()) > 0);
    await deliver(limit({ time: [`${hour(2)}-${hour(-1)}`] }, ["read", "write", "execute"], ["user"]));
    assert.equal(await visible(), 0);
    assert.ok((await visible("admin")) > 0, "the rule is about another role");
    const { status, headers } = await post(server, "tools/call", call, good());
    assert.equal(status, 403);
    assert.match(
      headers.get("www-authenticate")!,
      /error="insufficient_scope".*role user may not read at this hour.*scope="read", resource_metadata="https:/,
    );
    await deliver(limit({ ip: ["127.0.0.0/8"] }));
    assert.ok((await visible()) > 0);
    await deliver(limit({ ip: ["203.0.113.0/24"] }, ["read", "write", "execute"]));
    assert.equal(await visible("admin"), 0);
  });

  it("authorization.resourceBased.enabled switches the rules", async () => {
    const rule = limit({ ip: ["203.0.113.0/24"] });
    await deliver({ ...rule, "/access/authorization/resourceBased/enabled": false });
    assert.equal((await post(server, "tools/call", call, good())).status, 200);
    await deliver(rule);
    assert.equal((await post(server, "tools/call", call, good())).status, 403);
  });

  it("authentication.maxFailedAttempts makes an address that guesses wait, and nobody else", async () => {
    await deliver({ ...trusted, "/access/authentication/maxFailedAttempts": 3 });
    const [here, there] = [{ "x-forwarded-for": "192.0.2.10" }, { "x-forwarded-for": "192.0.2.11" }];
    assert.equal(await statusOf({ ...good(), ...here }), 200);
    assert.deepEqual((await wrong(here, 8)).slice(0, 4), [401, 401, 401, 429]);
    const refused = await list({ ...guess(), ...here });
    if (refused.status === 429) assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.equal(await statusOf({ ...good(), ...here }), 200, "its key was good lately");
    assert.deepEqual(await wrong(there, 1), [401]);
    // The token endpoint counts with it.
    await wrong(here, 4);
    const secret = guess()["x-api-key"];
    const asked = () => askTokens(server, { grant_type: "client_credentials", client_secret: secret }, here);
    assert.equal((await asked()).error, "slow_down");
    await deliver({ ...trusted, "/access/authentication/maxFailedAttempts": 50 });
    assert.ok((await wrong({ "x-forwarded-for": "192.0.2.12" }, 20)).every((status) => status === 401));
  });

  it("a refused credential that comes again waits, also where addresses are not real", async () => {
    await deliver({ "/access/authentication/maxFailedAttempts": 3 });
    await list(good());
    const same = guess();
    const statuses = [];
    for (let time = 0; time < 5; time += 1) statuses.push(await statusOf(same));
    assert.ok(statuses.includes(429), statuses.join());
    assert.equal(await statusOf(good()), 200);
  });

  it("503 with Retry-After answers keys, tokens and exchanges while the database is away, never 401", async () => {
    await deliver({ "/access/authentication/maxFailedAttempts": 1000 });
    const { access_token: token, refresh_token: next } = await tokensFor(server, stage.keys.default);
    const bearer = { authorization: `Bearer ${token}` };
    assert.equal(await statusOf(bearer), 200);
    proxy.cut();
    try {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      for (const answer of [
        await list(bearer),
        await list(good()),
        await refresh(server, next),
        await askTokens(server, { grant_type: "client_credentials", client_secret: stage.keys.admin }),
      ]) {
        assert.equal(answer.status, 503);
        assert.ok(Number(answer.headers.get("retry-after")) > 0);
      }
      // What needs no database is still refused for what it is.
      assert.equal(await statusOf({ authorization: `Bearer ${token.slice(0, -4)}AAAA` }), 401);
    } finally {
      proxy.mend();
    }
    assert.equal(await statusOf(bearer), 200);
  });

  it("authentication.staleAnswers.enabled and seconds let reading go on for a while without the database", async () => {
    const rule = limit({ ip: [] });
    await deliver({
      ...rule,
      "/access/authentication/maxFailedAttempts": 1000,
      "/access/authentication/staleAnswers": { enabled: true, seconds: 4 },
    });
    assert.equal(await statusOf(good("admin")), 200);
    const since = Date.now();
    proxy.cut();
    try {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const during = await list(good("admin"));
      // On a machine that was asleep meanwhile the answer is too old, and that is right as well.
      if (Date.now() - since < 3500) assert.equal(during.status, 200);
      assert.equal(await statusOf(good("second")), 503, "nothing is known of it");
      await new Promise((resolve) => setTimeout(resolve, 4500 - (Date.now() - since)));
      let last: number;
      do last = await statusOf(good("admin"));
      while (last === 200 && Date.now() - since < 10_000);
      assert.equal(last, 503);
    } finally {
      proxy.mend();
    }
    assert.equal(await statusOf(good("admin")), 200);
    await deliver({});
  });

  it("counts uses without a write per call, and loses none at the end", async () => {
    const row = async () =>
      stage.asSuperuser(
        async (session) =>
          (
            await session.query<{ usage_count: number; recent: boolean }>(
              "SELECT usage_count, last_used > now() - interval '1 minute' AS recent FROM mcp.api_keys WHERE key_id = 'second.1'",
            )
          ).rows[0]!,
      );
    const own = await startServer(stage);
    const before = (await row()).usage_count;
    for (let time = 0; time < 20; time += 1) await post(own, "tools/list", {}, good("second"));
    own.signal("SIGTERM");
    assert.equal(await own.exited, 0);
    const { usage_count: after, recent } = await row();
    assert.deepEqual([after - before, recent], [20, true]);
    await own.end();
  });

  it("is what keeps strangers out: with the verdict taken out, the same test fails (control)", async () => {
    const guarded = async (at: ServerProcess) => {
      for (const headers of [{}, guess(), { authorization: "Bearer e30.e30.e30" }]) {
        assert.equal((await post(at, "tools/list", {}, headers as Record<string, string>)).status, 401);
      }
    };
    await deliver({ "/access/authentication/maxFailedAttempts": 1000 });
    await guarded(server);
    const loaded = await loadConfig(server.files, "postgres", postgresFile);
    const log = createLog("postgres", () => loaded.logging.fields, { write: () => {} });
    const nothing = Promise.resolve();
    const auditor: Auditor = {
      record: () => nothing,
      reserve: () => ({ record: () => nothing, release: () => {} }),
      status: () => assert.fail("asked"),
      close: () => nothing,
    };
    const open = createHttpServer({
      auditor,
      current: () => loaded,
      access: {
        addressOf: () => ({ address: "127.0.0.1", real: true }),
        authenticate: () =>
          Promise.resolve({ caller: { client: "x", role: "user", servers: ["postgres"], keyId: "x.1" } }),
        answer: () => Promise.resolve(false),
        close: () => Promise.resolve(),
      },
      handler: { fetch: () => Promise.resolve(Response.json({})) } as unknown as McpHttpHandler,
      log,
    });
    open.listen(0, "127.0.0.1");
    await once(open, "listening");
    const { port } = open.address() as AddressInfo;
    await assert.rejects(guarded({ ...server, port }), /200 !== 401/);
    open.closeAllConnections();
    open.close();
  });
});
