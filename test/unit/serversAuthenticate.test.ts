import assert from "node:assert/strict";
import { buildFiles } from "#model/files/build.ts";
import { authenticate } from "#servers/runtime/authenticate.ts";
import { cachedLookup } from "#servers/runtime/keyVerifier.ts";
import type { Caller } from "#servers/runtime/keyVerifier.ts";
import { testFacts } from "#test/fileFacts.ts";

const key = `kcp_${"A".repeat(32)}`;
const caller: Caller = { client: "default", role: "user", servers: ["postgres"], keyId: "default.1" };
const { access: accessFile, postgres: config } = buildFiles(testFacts());
const { access } = accessFile;

async function statusFor(
  headers: Record<string, string>,
  answer: () => Promise<Caller | undefined>,
  server = "postgres",
) {
  const verdict = await authenticate(server, headers, { access, config }, answer);
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
      message: "an API key is needed",
      headers: { "www-authenticate": 'Bearer realm="kilocode-mcp"' },
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
    const open = {
      access,
      config: { ...config, security: { ...config.security, enableAuthentication: false } },
    };
    const verdict = await authenticate("postgres", {}, open, () => assert.fail("asked"));
    assert.ok("caller" in verdict && verdict.caller.client === "anonymous");
  });
});

describe("the memory of answers about keys", () => {
  let clock = 0;
  let asked: string[] = [];
  let answer: () => Promise<Caller | undefined>;
  const fresh = () => {
    clock = 0;
    asked = [];
    answer = async () => caller;
    return cachedLookup(
      (hash) => {
        asked.push(hash);
        return answer();
      },
      () => clock,
    );
  };

  it("lasts for one second, good or bad", async () => {
    const lookup = fresh();
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
    const lookup = fresh();
    const late = Promise.withResolvers<Caller>();
    answer = () => late.promise;
    const both = [lookup("a"), lookup("a")];
    clock = 1001;
    late.resolve(caller);
    await Promise.all(both);
    assert.equal(asked.length, 1);
    await lookup("a");
    assert.equal(asked.length, 2);
  });

  it("keeps no failure", async () => {
    const lookup = fresh();
    answer = () => Promise.reject(new Error("away"));
    await assert.rejects(lookup("a"));
    answer = async () => caller;
    assert.equal(await lookup("a"), caller);
  });

  it("is bounded", async () => {
    const lookup = fresh();
    await lookup("first");
    for (let count = 0; count < 2000; count += 1) await lookup(String(count));
    await lookup("first");
    assert.equal(asked.filter((hash) => hash === "first").length, 2);
  });
});
