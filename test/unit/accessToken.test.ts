import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { buildFiles } from "#model/files/build.ts";
import { signToken, verifyToken } from "#servers/runtime/access/accessToken.ts";
import type { TokenIssuer } from "#servers/runtime/access/accessToken.ts";
import { testFacts } from "#test/fileFacts.ts";

const { jwt } = buildFiles(testFacts()).access.access.authentication;
const [old, current] = [randomBytes(64), randomBytes(64)];
const ring = {
  active: "2",
  keys: new Map([
    ["1", old],
    ["2", current],
  ]),
};
const issuer: TokenIssuer = { ring, jwt, server: "memory" };
const now = Math.floor(Date.now() / 1000);
const claims = { client: "default", keyId: "default.1", family: "f", expiresAt: now + 60 };
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = { alg: "HS256", typ: "at+jwt", kid: "2" };
const payload = {
  iss: jwt.issuer,
  aud: `${jwt.audience}/memory`,
  sub: "default",
  key: "default.1",
  iat: now,
  nbf: now,
  exp: now + 60,
};
/** As whoever has the key could sign. */
const signed = (changedPayload: object, changedHeader: object = {}, key = current, hash = "sha256") => {
  const body = `${part({ ...header, ...changedHeader })}.${part({ ...payload, ...changedPayload })}`;
  return `${body}.${createHmac(hash, key).update(body).digest("base64url")}`;
};

describe("an access token", () => {
  it("says who has it, and nothing of rights", async () => {
    const token = await signToken(issuer, claims);
    assert.deepEqual(await verifyToken(issuer, token), claims);
    const { client: _, ...bare } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
    assert.deepEqual(Object.keys(bare).toSorted(), [
      "aud",
      "client_id",
      "exp",
      "family",
      "iat",
      "iss",
      "jti",
      "key",
      "nbf",
      "sub",
    ]);
  });

  it("is taken when signed by any key of the ring, and no longer when that has left it", async () => {
    const token = await signToken({ ...issuer, ring: { ...ring, active: "1" } }, claims);
    assert.deepEqual(await verifyToken(issuer, token), claims);
    const without = { active: "2", keys: new Map([["2", current]]) };
    assert.equal(await verifyToken({ ...issuer, ring: without }, token), undefined);
  });

  it("is a control's to forge: the same text, right in all, is taken", async () => {
    assert.deepEqual(await verifyToken(issuer, signed({})), { ...claims, family: undefined });
  });

  const forged: Record<string, string> = {
    "for another server": signed({ aud: `${jwt.audience}/postgres` }),
    "for all servers": signed({ aud: jwt.audience }),
    "from another issuer": signed({ iss: "somebody" }),
    "not valid yet": signed({ nbf: now + 60 }),
    "without an end": signed({ exp: undefined }),
    "without a beginning": signed({ nbf: undefined }),
    "without a client": signed({ sub: undefined }),
    "without a key": signed({ key: undefined }),
    "with a key of another type": signed({ key: 1 }),
    "with a family of another type": signed({ family: 1 }),
    "of another type": signed({}, { typ: "JWT" }),
    "without a type": signed({}, { typ: undefined }),
    "without a key id": signed({}, { kid: undefined }),
    "of an unknown key": signed({}, { kid: "3" }),
    "of a key that objects have by nature": signed({}, { kid: "constructor" }),
    "signed with another key of the ring": signed({}, { kid: "1" }),
    "of another algorithm of the family": signed({}, { alg: "HS512" }, current, "sha512"),
    "with a critical extension": signed({}, { crit: ["exp"] }),
    "without a signature": `${part({ ...header, alg: "none" })}.${part(payload)}.`,
    "without an algorithm, signed": signed({}, { alg: "none" }),
    "changed afterwards": signed({}).replace(part(payload), part({ ...payload, sub: "admin" })),
    "signed with nothing": signed({}, {}, Buffer.alloc(0)),
    "signed with a public key's algorithm": (() => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const body = `${part({ ...header, alg: "RS256" })}.${part(payload)}`;
      return `${body}.${sign("sha256", Buffer.from(body), privateKey).toString("base64url")}`;
    })(),
    "that is no JSON": "e30.e30.e30",
    "that is nothing": "..",
  };
  for (const [name, token] of Object.entries(forged)) {
    it(`${name} is refused`, async () => {
      assert.equal(await verifyToken(issuer, token), undefined);
    });
  }

  it("ends, give or take what clocks differ by", async () => {
    const at = (seconds: number) => verifyToken(issuer, signed({}), new Date((now + 60 + seconds) * 1000));
    assert.ok(typeof (await at(3)) === "object");
    assert.equal(await at(6), "expired");
    const early = await verifyToken(issuer, signed({ nbf: now + 3 }), new Date(now * 1000));
    assert.ok(typeof early === "object");
    // Wrong in another way as well: that counts.
    assert.equal(await verifyToken(issuer, signed({ exp: now - 60, aud: "x" })), undefined);
  });
});
