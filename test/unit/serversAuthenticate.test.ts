import assert from "node:assert/strict";
import { buildFiles } from "#model/files/build.ts";
import { failedAttempts } from "#servers/runtime/access/failedAttempts.ts";
import { TokenCheck } from "#servers/runtime/access/tokenCheck.ts";
import { authenticate } from "#servers/runtime/authenticate.ts";
import { cachedLookup } from "#servers/runtime/keyVerifier.ts";
import type { Answer, Caller } from "#servers/runtime/keyVerifier.ts";
import { testFacts } from "#test/fileFacts.ts";

const key = `kcp_${"A".repeat(32)}`;
const caller: Caller = { client: "default", role: "user", servers: ["postgres"], keyId: "default.1" };
const { access: accessFile, postgres: config } = buildFiles(testFacts());
const { access } = accessFile;
const from = { address: "192.0.2.1", real: true };

async function verdictFor(
  headers: Record<string, string>,
  find: () => Promise<Caller | undefined>,
  server = "postgres",
  settings: Partial<Parameters<typeof authenticate>[2]> = {},
) {
  return authenticate(
    server,
    { headers: { host: "mcp.example:13001", ...headers }, from },
    { access, config, tokenKeys: undefined, ...settings },
    { callers: { find, forget: () => {} }, tokens: new TokenCheck(), attempts: failedAttempts(() => 5) },
  );
}

async function statusFor(...given: Parameters<typeof verdictFor>) {
  const verdict = await verdictFor(...given);
  return "refusal" in verdict ? verdict.refusal : verdict.caller;
}

describe("who may come in", () => {
  const known = async (): Promise<Caller> => caller;

  it("the client of a valid key", async () => {
    assert.deepEqual(await statusFor({ "x-api-key": key }, known), caller);
  });

  it("nobody without a key: 401 that says how to authenticate, without asking the database", async () => {
    const refusal = await statusFor({}, () => assert.fail("asked"));
    assert.deepEqual(refusal, {
      status: 401,
      message: "an API key or a token is needed",
      headers: {
        "www-authenticate":
          'Bearer realm="kilocode-mcp", scope="read write execute", resource_metadata="https://mcp.example:13001/.well-known/oauth-protected-resource/mcp"',
      },
    });
  });

  it("nobody with something that cannot be a key: 401, without asking the database", async () => {
    const refusal = await statusFor({ authorization: "Bearer x" }, () => assert.fail("asked"));
    assert.ok("status" in refusal && refusal.status === 401);
    assert.match(refusal.headers!["www-authenticate"]!, /error="invalid_token"/);
  });

  it("nobody with an unknown key: 401", async () => {
    const refusal = await statusFor({ "x-api-key": key }, async () => undefined);
    assert.ok("status" in refusal && refusal.status === 401);
  });

  it("no client on a server that it was not given: 403", async () => {
    const refusal = await statusFor({ "x-api-key": key }, known, "memory");
    assert.ok("status" in refusal && refusal.status === 403);
  });

  it("nobody while the database is away: 503 with Retry-After, never 401", async () => {
    const refusal = await statusFor({ "x-api-key": key }, () => Promise.reject(new Error("away")));
    assert.ok("status" in refusal && refusal.status === 503);
    assert.equal(refusal.headers!["retry-after"], "2");
  });

  it("everybody when authentication is switched off", async () => {
    const open = { config: { ...config, security: { ...config.security, enableAuthentication: false } } };
    const verdict = await verdictFor({}, () => assert.fail("asked"), "postgres", open);
    assert.ok("caller" in verdict && verdict.caller.client === "anonymous");
  });
});

describe("the memory of answers about keys", () => {
  let clock = 0;
  let asked: string[] = [];
  let answer: () => Promise<Answer | undefined>;
  let staleSeconds = 0;
  const fresh = () => {
    clock = 0;
    asked = [];
    staleSeconds = 0;
    answer = async () => ({ caller });
    const callers = cachedLookup(
      (question) => {
        asked.push("keyHash" in question ? question.keyHash : question.keyId);
        return answer();
      },
      () => staleSeconds,
      () => clock,
    );
    return { lookup: (keyHash: string) => callers.find({ keyHash }), forget: () => callers.forget() };
  };
  const away = () => Promise.reject(new Error("away"));

  it("lasts for one second, good or bad", async () => {
    const { lookup } = fresh();
    await lookup("a");
    clock = 999;
    await lookup("a");
    assert.deepEqual(asked, ["a"]);
    clock = 1000;
    answer = async () => undefined;
    assert.equal(await lookup("a"), undefined);
    clock = 1999;
    assert.equal(await lookup("a"), undefined);
    assert.deepEqual(asked, ["a", "a"]);
  });

  it("begins when the question is asked, and one question serves all who wait", async () => {
    const { lookup } = fresh();
    const late = Promise.withResolvers<Answer>();
    answer = () => late.promise;
    const both = [lookup("a"), lookup("a")];
    clock = 1001;
    late.resolve({ caller });
    await Promise.all(both);
    assert.equal(asked.length, 1);
    await lookup("a");
    assert.equal(asked.length, 2);
  });

  it("ends with the key, and when access has changed", async () => {
    const { lookup, forget } = fresh();
    answer = async () => ({ caller, validUntil: 300 });
    await lookup("a");
    clock = 299;
    await lookup("a");
    assert.equal(asked.length, 1);
    clock = 300;
    await lookup("a");
    assert.equal(asked.length, 2);
    answer = async () => ({ caller });
    await lookup("b");
    forget();
    await lookup("b");
    assert.equal(asked.length, 4);
  });

  it("keeps no failure", async () => {
    const { lookup } = fresh();
    answer = away;
    await assert.rejects(lookup("a"));
    answer = async () => ({ caller });
    assert.equal(await lookup("a"), caller);
    clock = 2000;
    answer = away;
    await assert.rejects(lookup("a"), "an earlier answer is not used unless that is wanted");
  });

  it("serves while the database is away, marked, as long as is wanted and the key is valid", async () => {
    const { lookup } = fresh();
    staleSeconds = 5;
    answer = async () => ({ caller, validUntil: 4500 });
    await lookup("a");
    answer = async () => ({ caller });
    await lookup("b");
    answer = away;
    clock = 4000;
    assert.deepEqual(await lookup("a"), { ...caller, stale: true });
    await assert.rejects(lookup("unseen"));
    clock = 5000;
    assert.deepEqual(await lookup("b"), { ...caller, stale: true });
    await assert.rejects(lookup("a"), "the key has ended");
    clock = 6001;
    await assert.rejects(lookup("b"), "the answer is too old");
    answer = async () => ({ caller });
    assert.deepEqual(await lookup("b"), caller);
  });

  it("is bounded", async () => {
    const { lookup } = fresh();
    await lookup("first");
    for (let count = 0; count < 2000; count += 1) await lookup(String(count));
    await lookup("first");
    assert.equal(asked.filter((hash) => hash === "first").length, 2);
  });
});
