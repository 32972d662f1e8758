import assert from "node:assert/strict";
import { hashKey, readCredential } from "#servers/runtime/credentials.ts";

const settings = { enabled: true, header: "X-API-Key", prefix: "kcp_", length: 32 };
const key = `kcp_${"aB3".repeat(10)}zz`;

describe("the credential of a request", () => {
  it("is read from either header, as the hash under which it is stored", () => {
    const expected = { kind: "key", hash: hashKey(key) };
    assert.deepEqual(readCredential({ "x-api-key": key }, settings), expected);
    assert.deepEqual(readCredential({ authorization: `Bearer ${key}` }, settings), expected);
    assert.deepEqual(readCredential({ authorization: `bearer  ${key} ` }, settings), expected);
    assert.deepEqual(
      readCredential({ "x-api-key": key, authorization: `Bearer ${key}` }, settings),
      expected,
    );
    assert.match(hashKey(key), /^[0-9a-f]{64}$/);
  });

  it("is a token when it has three parts, and then only as a bearer", () => {
    const token = "eyJh.eyJp.c2ln";
    assert.deepEqual(readCredential({ authorization: `Bearer ${token}` }, settings), {
      kind: "token",
      token,
    });
    assert.equal(readCredential({ "x-api-key": token }, settings).kind, "malformed");
    assert.equal(
      readCredential({ authorization: `Bearer ${token}`, "x-api-key": key }, settings).kind,
      "malformed",
    );
    for (const bad of ["a.b", "a.b.c.d", "a..c", ".b.c", "a.b.", `${"a".repeat(1001)}.b.c`, "a.b.c="]) {
      assert.equal(readCredential({ authorization: `Bearer ${bad}` }, settings).kind, "malformed", bad);
    }
  });

  it("is missing only when nothing was sent", () => {
    assert.deepEqual(readCredential({}, settings), { kind: "none" });
    assert.deepEqual(readCredential({ cookie: key }, settings), { kind: "none" });
  });

  it("obeys a configured header name", () => {
    assert.equal(readCredential({ "x-api-key": key }, { ...settings, header: "X-Other" }).kind, "none");
    assert.equal(readCredential({ "x-other": key }, { ...settings, header: "X-Other" }).kind, "key");
  });

  const malformed: Record<string, Parameters<typeof readCredential>[0]> = {
    "an empty value": { "x-api-key": "" },
    "another prefix": { "x-api-key": key.replace("kcp_", "xcp_") },
    "too short": { "x-api-key": key.slice(0, -1) },
    "too long": { "x-api-key": `${key}a` },
    "a foreign character": { "x-api-key": `${key.slice(0, -1)}-` },
    "a line break": { "x-api-key": `${key.slice(0, -1)}\n` },
    "another scheme": { authorization: `Basic ${key}` },
    "a scheme alone": { authorization: "Bearer" },
    "two words": { authorization: `Bearer ${key} ${key}` },
    "two different keys": { "x-api-key": key, authorization: `Bearer ${key.replace("aB3", "aB4")}` },
    "two values of one header": { "x-api-key": [key, key.replace("aB3", "aB4")] as never },
  };
  for (const [name, headers] of Object.entries(malformed)) {
    it(`is malformed: ${name}`, () => {
      assert.deepEqual(readCredential(headers, settings), { kind: "malformed" });
    });
  }

  it("is malformed when keys are switched off", () => {
    assert.equal(readCredential({ "x-api-key": key }, { ...settings, enabled: false }).kind, "malformed");
  });
});
