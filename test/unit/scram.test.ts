import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { scramVerifier } from "#model/scram.ts";

/** The example exchange of RFC 7677, section 3: user `user`, password `pencil`. */
const rfc = {
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  message: [
    "n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  ].join(","),
  clientProof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverSignature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

function parts(verifier: string) {
  const match = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier);
  assert.ok(match, verifier);
  return { iterations: match[1]!, salt: match[2]!, storedKey: match[3]!, serverKey: match[4]! };
}

describe("scramVerifier", () => {
  const { iterations, salt, storedKey, serverKey } = parts(scramVerifier("pencil", rfc.salt));

  it("keeps salt and iterations", () => {
    assert.deepEqual({ iterations, salt }, { iterations: "4096", salt: rfc.salt });
  });

  it("holds the server key of RFC 7677's example", () => {
    const signature = createHmac("sha256", Buffer.from(serverKey, "base64"))
      .update(rfc.message)
      .digest("base64");
    assert.equal(signature, rfc.serverSignature);
  });

  it("holds the stored key that accepts RFC 7677's client proof", () => {
    const clientSignature = createHmac("sha256", Buffer.from(storedKey, "base64"))
      .update(rfc.message)
      .digest();
    const proof = Buffer.from(rfc.clientProof, "base64");
    const clientKey = proof.map((byte, index) => byte ^ clientSignature[index]!);
    assert.equal(createHash("sha256").update(clientKey).digest("base64"), storedKey);
  });

  it("is the same for the same salt, and another for another", () => {
    assert.equal(scramVerifier("pencil", rfc.salt), scramVerifier("pencil", rfc.salt));
    assert.notEqual(scramVerifier("pencil", rfc.salt), scramVerifier("pencil", "AAAAAAAAAAAAAAAAAAAAAA=="));
  });

  it("refuses what SASLprep would change", () => {
    assert.throws(() => scramVerifier("soft\u00adhyphen", rfc.salt), /printable ASCII/);
    assert.throws(() => scramVerifier("", rfc.salt), /printable ASCII/);
  });
});
