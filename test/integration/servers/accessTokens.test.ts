import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  ClientCredentialsProvider,
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { Agent, fetch as undiciFetch } from "undici";
import { editFiles } from "./editFiles.ts";
import { post, request } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";
import { askTokens, readToken, refresh, tokensFor } from "./tokenRequests.ts";

const authentication = "/access/authentication";

describe("tokens of a server", function () {
  this.timeout(240_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let other: ServerProcess;

  before(async () => {
    stage = await readyStage();
    [server, other] = await Promise.all([
      startServer(stage, { spoil: patient }),
      startServer(stage, { server: "filesystem", spoil: patient }),
    ]);
  });
  after(async () => {
    await server?.end();
    await other?.end();
    await stage?.stop();
  });

  /** Failures of one test are not the next one's. */
  function patient(files: Record<string, string>): void {
    editFiles({ access: { [`${authentication}/maxFailedAttempts`]: 1000 } })(files);
  }
  async function deliver(
    keys: Record<string, unknown> = {},
    more: (files: Record<string, string>) => void = () => {},
  ): Promise<void> {
    const before = server.log.length;
    await server.deliver({
      spoil: (files) => {
        patient(files);
        const named = Object.entries(keys).map(([key, value]) => [authentication + key, value]);
        editFiles({ access: Object.fromEntries(named) as Record<string, unknown> })(files);
        more(files);
      },
    });
    await server.line("files in force", before);
  }
  const withToken = (token: string, at = server) =>
    post(at, "tools/list", {}, { authorization: `Bearer ${token}` });
  const statusOf = async (token: string, at = server) => (await withToken(token, at)).status;
  const sql = (text: string, values: unknown[] = []) =>
    stage.asSuperuser(async (session) => (await session.query(text, values)).rows);
  /** As if tokens had been given and used so much earlier. */
  const age = async (seconds: number) => {
    await sql("UPDATE mcp.refresh_tokens SET issued_at = issued_at - make_interval(secs => $1)", [seconds]);
    await sql("UPDATE mcp.token_families SET last_used = last_used - make_interval(secs => $1)", [seconds]);
  };
  const within = async (milliseconds: number, condition: () => Promise<boolean>) => {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) if (await condition()) return true;
    return condition();
  };

  it("are given for a key, however it is sent, and are taken instead of it", async () => {
    const key = stage.keys.default;
    const grant = { grant_type: "client_credentials" };
    const basic = (id: string) => ({
      authorization: `Basic ${Buffer.from(`${id}:${key}`).toString("base64")}`,
    });
    for (const { tokens, headers, text } of [
      await askTokens(server, { ...grant, client_secret: key }),
      await askTokens(server, { ...grant, client_id: "default", client_secret: key }),
      await askTokens(server, grant, { "x-api-key": key }),
      await askTokens(server, grant, { authorization: `Bearer ${key}` }),
      await askTokens(server, { ...grant, resource: `${new URL(server.url).origin}/mcp` }, basic("default")),
    ]) {
      assert.ok(tokens, text);
      assert.equal(headers.get("cache-control"), "no-store");
      assert.deepEqual([tokens.token_type, tokens.scope], ["Bearer", "read write execute"]);
      assert.equal(await statusOf(tokens.access_token), 200);
    }
    const json = await request(
      server,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...grant, client_secret: key }),
      },
      "/token",
    );
    assert.equal(json.status, 200);
    const reader = await tokensFor(server, stage.keys.reader);
    assert.equal(reader.scope, "read");
  });

  it("are found and used by the official client that has only its name and key", async () => {
    const dispatcher = new Agent({ connect: { ca: server.ca() } });
    const transport = new StreamableHTTPClientTransport(new URL(server.url), {
      authProvider: new ClientCredentialsProvider({ clientId: "default", clientSecret: stage.keys.default }),
      fetch: ((url: URL, init: RequestInit) => undiciFetch(url, { ...init, dispatcher } as never)) as never,
    });
    const client = new Client({ name: "test", version: "0" });
    await client.connect(transport);
    assert.ok((await client.listTools()).tools.length > 0);
    await client.close();
    await dispatcher.close();
  });

  it("authentication.jwt.algorithm, issuer, audience and expiresIn make the access token", async () => {
    const before = await tokensFor(server, stage.keys.default);
    await deliver({
      "/jwt/algorithm": "HS512",
      "/jwt/issuer": "https://issuer.example",
      "/jwt/audience": "ours",
      "/jwt/expiresIn": 1900,
    });
    const { access_token: token, expires_in: seconds } = await tokensFor(server, stage.keys.default);
    const { header, payload } = readToken(token);
    assert.deepEqual(header, { alg: "HS512", typ: "at+jwt", kid: "1" });
    assert.equal(payload["iss"], "https://issuer.example");
    assert.equal(payload["aud"], "ours/postgres");
    assert.equal(seconds, 1900);
    assert.equal(Number(payload["exp"]) - Number(payload["iat"]), 1900);
    assert.equal(await statusOf(token), 200);
    assert.equal(await statusOf(before.access_token), 401);
    for (const key of ["algorithm", "issuer", "audience"] as const) {
      const same = { algorithm: "HS512", issuer: "https://issuer.example", audience: "ours" };
      const { [key]: _, ...rest } = same;
      await deliver(Object.fromEntries(Object.entries(rest).map(([name, value]) => [`/jwt/${name}`, value])));
      assert.equal(await statusOf(token), 401, `with another ${key}`);
    }
    await deliver();
  });

  it("authentication.jwt.secret is the ring that signs and verifies, also while it is rotated", async () => {
    const [first, second] = [randomBytes(64).toString("base64"), randomBytes(64).toString("base64")];
    const ring = (active: string, keys: object) => (files: Record<string, string>) => {
      files["secrets/ring"] = JSON.stringify({ active, keys });
    };
    const secret = { "/jwt/secret": "file:/run/kilocode/secrets/ring" };
    await deliver(secret, ring("n", { n: first }));
    const { access_token: old } = await tokensFor(server, stage.keys.default);
    await deliver(secret, ring("n", { n: first, next: second }));
    assert.equal(await statusOf(old), 200);
    await deliver(secret, ring("next", { n: first, next: second }));
    const { access_token: fresh } = await tokensFor(server, stage.keys.default);
    assert.equal(readToken(fresh).header["kid"], "next");
    assert.deepEqual([await statusOf(old), await statusOf(fresh)], [200, 200]);
    await deliver(secret, ring("next", { next: second }));
    assert.deepEqual([await statusOf(old), await statusOf(fresh)], [401, 200]);
    const before = server.log.length;
    const short = randomBytes(31).toString("base64");
    await server.deliver({
      spoil: (files) =>
        void (files["secrets/jwt-keys"] = JSON.stringify({ active: "1", keys: { 1: short } })),
    });
    const line = await server.line("new files refused; the ones in force stay", before);
    assert.match(String(line["problem"]), /jwt-keys: key 1 has fewer than 32 bytes/);
    await deliver();
  });

  it("of one server are nothing to another one, though their rings were the same", async () => {
    const [mine, theirs] = [
      await tokensFor(server, stage.keys.default),
      await tokensFor(other, stage.keys.default),
    ];
    assert.deepEqual(
      [await statusOf(mine.access_token), await statusOf(theirs.access_token, other)],
      [200, 200],
    );
    assert.deepEqual(
      [await statusOf(mine.access_token, other), await statusOf(theirs.access_token)],
      [401, 401],
    );
    await age(3000);
    assert.equal((await refresh(other, mine.refresh_token)).error, "invalid_grant");
    assert.equal((await refresh(server, mine.refresh_token)).status, 200, "and it was not used up by that");
  });

  it("authentication.session.refreshInterval is how early a refresh token may be exchanged", async () => {
    const { refresh_token: first } = await tokensFor(server, stage.keys.default);
    const early = await refresh(server, first);
    assert.deepEqual([early.status, early.error], [429, "slow_down"]);
    const wait = Number(early.headers.get("retry-after"));
    assert.ok(wait > 1700 && wait <= 1800, String(wait));
    await age(1801);
    const { tokens } = await refresh(server, first);
    assert.equal(await statusOf(tokens!.access_token), 200);
    await deliver({ "/session/refreshInterval": 30 });
    assert.ok(Number((await refresh(server, tokens!.refresh_token!)).headers.get("retry-after")) <= 30);
    await deliver();
  });

  it("refuse a refresh token that comes again, and with it all that came from it", async () => {
    const first = await tokensFor(server, stage.keys.default);
    await age(3000);
    const second = (await refresh(server, first.refresh_token)).tokens!;
    assert.equal(await statusOf(first.access_token), 200);
    const again = await refresh(server, first.refresh_token);
    assert.deepEqual([again.status, again.error], [400, "invalid_grant"]);
    await age(3000);
    assert.equal((await refresh(server, second.refresh_token!)).error, "invalid_grant");
    for (const token of [first.access_token, second.access_token]) {
      assert.ok(await within(2000, async () => (await statusOf(token)) === 401));
    }
    // Another exchange of the key is another family.
    assert.equal(await statusOf((await tokensFor(server, stage.keys.default)).access_token), 200);
  });

  it("have one winner when a refresh token is exchanged several times at once", async () => {
    const { refresh_token: token } = await tokensFor(server, stage.keys.default);
    await age(3000);
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(server, token)));
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 400, 400, 400, 400, 400],
    );
  });

  it("authentication.session.timeout ends a chain that was not used, and a call is a use", async () => {
    const idle = await tokensFor(server, stage.keys.default);
    assert.equal(idle.refresh_token_expires_in, 3600);
    await age(3601);
    assert.equal((await refresh(server, idle.refresh_token)).error, "invalid_grant");
    const used = await tokensFor(server, stage.keys.default);
    await age(3601);
    assert.equal(await statusOf(used.access_token), 200);
    const noted = () =>
      sql(
        `SELECT FROM (SELECT last_used FROM mcp.token_families ORDER BY started_at DESC LIMIT 1) AS newest
         WHERE last_used > now() - interval '1 minute'`,
      );
    assert.ok(await within(20_000, async () => (await noted()).length > 0));
    assert.equal((await refresh(server, used.refresh_token)).status, 200);
  });

  it("authentication.jwt.refreshTokenExpiresIn is the end of a chain, however often it was renewed", async () => {
    await deliver({ "/jwt/refreshTokenExpiresIn": 3700 });
    const { refresh_token: first } = await tokensFor(server, stage.keys.default);
    await sql(
      "UPDATE mcp.token_families SET ends_at = ends_at - interval '3000 seconds' WHERE revoked_at IS NULL",
    );
    await age(1900);
    const { tokens } = await refresh(server, first);
    assert.ok(tokens!.expires_in <= 700 && tokens!.refresh_token_expires_in! <= 700, JSON.stringify(tokens));
    assert.ok(tokens!.expires_in > 500);
    await sql("UPDATE mcp.token_families SET ends_at = now() WHERE revoked_at IS NULL");
    await age(1900);
    assert.equal((await refresh(server, tokens!.refresh_token!)).error, "invalid_grant");
    assert.ok(await within(2000, async () => (await statusOf(tokens!.access_token)) === 401));
    await deliver();
  });

  it("authentication.session.enabled says whether refresh tokens are given", async () => {
    const { refresh_token: before } = await tokensFor(server, stage.keys.default);
    await deliver({ "/session/enabled": false });
    const tokens = await tokensFor(server, stage.keys.default);
    assert.ok(!Object.hasOwn(tokens, "refresh_token"));
    assert.equal(await statusOf(tokens.access_token), 200);
    await age(3000);
    assert.equal((await refresh(server, before)).error, "invalid_grant");
    await deliver();
  });

  it("authentication.method apiKey takes keys alone: no token is given, and none is taken", async () => {
    const { access_token: token } = await tokensFor(server, stage.keys.default);
    await deliver({ "/method": "apiKey" });
    const { status, text } = await askTokens(server, {
      grant_type: "client_credentials",
      client_secret: stage.keys.default,
    });
    assert.equal(status, 404);
    assert.match(text, /gives no tokens \(method apiKey\): send the key/);
    const refused = await withToken(token);
    assert.equal(refused.status, 401);
    assert.match(refused.text, /tokens are not taken here, send an API key/);
    assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.default })).status, 200);
    await deliver({ "/method": "jwt" });
    assert.equal(await statusOf(token), 200);
  });

  it("are all that is taken when keys are not: a key is then good for a token", async () => {
    await deliver({ "/apiKey/enabled": false });
    assert.equal((await post(server, "tools/list", {}, { "x-api-key": stage.keys.default })).status, 401);
    assert.equal(await statusOf((await tokensFor(server, stage.keys.default)).access_token), 200);
    await deliver();
  });

  it("end within two seconds with their key, and with their account", async () => {
    const { access_token: token, refresh_token: next } = await tokensFor(server, stage.keys.second);
    const elsewhere = await tokensFor(other, stage.keys.second);
    assert.deepEqual([await statusOf(token), await statusOf(elsewhere.access_token, other)], [200, 200]);
    const refused = async () =>
      (await statusOf(token)) === 401 &&
      (await statusOf(elsewhere.access_token, other)) === 401 &&
      (await post(server, "tools/list", {}, { "x-api-key": stage.keys.second })).status === 401;
    const taken = async () => (await statusOf(token)) === 200;
    await age(3000);
    for (const [end, back] of [
      [
        "UPDATE mcp.api_keys SET is_active = false WHERE key_id = 'second.1'",
        "UPDATE mcp.api_keys SET is_active = true",
      ],
      [
        "UPDATE mcp.users SET is_active = false WHERE username = 'second'",
        "UPDATE mcp.users SET is_active = true",
      ],
      [
        "UPDATE mcp.api_keys SET expires_at = now() + interval '300 milliseconds' WHERE key_id = 'second.1'",
        "UPDATE mcp.api_keys SET expires_at = NULL",
      ],
    ] as const) {
      assert.ok(await within(2000, taken));
      await sql(end);
      assert.ok(await within(2300, refused), end);
      assert.equal((await refresh(server, next)).error, "invalid_grant", end);
      await sql(back);
    }
    assert.equal((await refresh(server, next)).status, 200);
  });

  it("are refused in the form of OAuth, and nothing large or strange is read", async () => {
    const key = stage.keys.default;
    const cases: [
      fields: Record<string, string>,
      status: number,
      error: string,
      headers?: Record<string, string>,
    ][] = [
      [{ client_secret: key }, 400, "invalid_request"],
      [{ grant_type: "password", client_secret: key }, 400, "unsupported_grant_type"],
      [{ grant_type: "client_credentials" }, 401, "invalid_client"],
      [{ grant_type: "client_credentials", client_secret: `kcp_${"0".repeat(32)}` }, 401, "invalid_client"],
      [{ grant_type: "client_credentials", client_secret: "x" }, 401, "invalid_client"],
      [{ grant_type: "client_credentials", client_secret: key, client_id: "second" }, 401, "invalid_client"],
      [{ grant_type: "client_credentials", client_secret: stage.keys.elsewhere }, 403, "unauthorized_client"],
      [
        { grant_type: "client_credentials", client_secret: key, resource: "https://x.example/mcp" },
        400,
        "invalid_target",
      ],
      [
        { grant_type: "client_credentials", client_secret: key },
        401,
        "invalid_client",
        { "x-api-key": stage.keys.second },
      ],
      [{ grant_type: "client_credentials" }, 400, "invalid_request", { authorization: "Basic !!" }],
      [{ grant_type: "refresh_token" }, 400, "invalid_request"],
      [{ grant_type: "refresh_token", refresh_token: "kcr_x" }, 400, "invalid_grant"],
      [{ grant_type: "refresh_token", refresh_token: key }, 400, "invalid_grant"],
      [{ grant_type: "client_credentials", client_secret: "x".repeat(9000) }, 413, "invalid_request"],
    ];
    for (const [fields, status, error, headers] of cases) {
      const answer = await askTokens(server, fields, headers);
      assert.deepEqual([answer.status, answer.error], [status, error], JSON.stringify(fields).slice(0, 100));
      assert.equal(answer.headers.get("cache-control"), "no-store");
    }
    const raw = async (body: string, type: string, method = "POST") =>
      (
        await request(
          server,
          { method, headers: { "content-type": type }, ...(method === "POST" && { body }) },
          "/token",
        )
      ).status;
    const form = "application/x-www-form-urlencoded";
    const grant = `grant_type=client_credentials&client_secret=${key}`;
    assert.equal(await raw(`${grant}&client_secret=${key}`, form), 400);
    assert.equal(await raw(grant, "text/plain"), 400);
    for (const body of ["", "{", "[]", "null", '{"grant_type":1}', "[".repeat(4000)]) {
      assert.equal(await raw(body, "application/json"), 400, body.slice(0, 20));
    }
    assert.equal(await raw("", form, "GET"), 405);
  });

  it("are announced: the metadata of the resource is where 401 and 403 say", async () => {
    const { headers } = await post(server, "tools/list", {}, {});
    const url = /resource_metadata="([^"]+)"/.exec(headers.get("www-authenticate")!)![1]!;
    assert.equal(url, `https://localhost:${server.port}/.well-known/oauth-protected-resource/mcp`);
    for (const path of [new URL(url).pathname, "/.well-known/oauth-protected-resource"]) {
      const { status, text } = await request(server, {}, path);
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(text), {
        resource: server.url,
        resource_name: "kilocode-mcp postgres",
        bearer_methods_supported: ["header"],
        scopes_supported: ["read", "write", "execute"],
        authorization_servers: [new URL(server.url).origin],
      });
    }
    assert.equal((await request(server, { method: "POST" }, new URL(url).pathname)).status, 405);
    assert.equal((await request(server, {}, "/.well-known/other")).status, 404);
  });

  it("are recorded when they are given or refused, before the answer", async () => {
    const agent = `test/${Date.now()}`;
    const ask = (key: string) =>
      askTokens(server, { grant_type: "client_credentials", client_secret: key }, { "user-agent": agent });
    await ask(stage.keys.default);
    await ask(`kcp_${"0".repeat(32)}`);
    await ask(stage.keys.elsewhere);
    const rows = () =>
      sql(
        `SELECT actor, status, request_data ->> 'grant' AS grant FROM mcp.audit_logs
         WHERE action = 'token' AND user_agent = $1 ORDER BY created_at`,
        [agent],
      );
    assert.ok(await within(10_000, async () => (await rows()).length === 3));
    assert.deepEqual(await rows(), [
      { actor: "default", status: "success", grant: "client_credentials" },
      { actor: null, status: "failed", grant: "client_credentials" },
      { actor: "elsewhere", status: "denied", grant: "client_credentials" },
    ]);
  });

  it("and keys are in no line of the log", () => {
    const output = server.output() + other.output();
    assert.match(output, /tokens given/);
    for (const word of ["kcp_", "kcr_", "eyJ", ...Object.values(stage.keys)]) {
      assert.ok(!output.includes(word), word);
    }
  });
});
