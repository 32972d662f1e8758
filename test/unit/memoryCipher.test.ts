import assert from "node:assert/strict";
import { assert as assertProperty, property, string } from "fast-check";
import { ContentCipher, ContentRefused } from "#servers/memory/contentCipher.ts";

const ring = (active: string, ...ids: string[]) => ({
  active,
  keys: new Map(ids.map((id) => [id, Buffer.alloc(32, Number(id))])),
});
const on = { enabled: true, algorithm: "AES-256-GCM" } as const;
const place = { memoryId: "m", owner: "default" };

describe("the cipher of contents", () => {
  it("opens what it sealed, in its place only", () => {
    const cipher = new ContentCipher(ring("1", "1"), on);
    assertProperty(
      property(string({ unit: "grapheme" }), (text) => {
        const sealed = cipher.seal(text, place);
        assert.equal(cipher.open(sealed, place), text);
        for (const other of [
          { ...place, memoryId: "n" },
          { ...place, owner: "second" },
          { ...place, owner: null },
        ]) {
          assert.throws(() => cipher.open(sealed, other), ContentRefused);
        }
      }),
    );
  });

  it("never seals the same text alike, and notices each changed byte", () => {
    const cipher = new ContentCipher(ring("1", "1"), on);
    const sealed = cipher.seal("text", place);
    assert.notEqual(sealed.content, cipher.seal("text", place).content);
    const bytes = Buffer.from(sealed.content, "base64");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      assert.throws(
        () => cipher.open({ ...sealed, content: changed.toString("base64") }, place),
        ContentRefused,
      );
    }
    for (const content of ["", "AAAA", "no base64 !"]) {
      assert.throws(() => cipher.open({ ...sealed, content }, place), ContentRefused);
    }
  });

  it("seals with the active key, opens with every key, and not under another key's name", () => {
    const old = new ContentCipher(ring("1", "1"), on).seal("text", place);
    const both = new ContentCipher(ring("2", "1", "2"), on);
    assert.equal(both.seal("text", place).keyId, "2");
    assert.equal(both.open(old, place), "text");
    assert.throws(() => both.open({ ...old, keyId: "2" }, place), ContentRefused);
    assert.throws(() => new ContentCipher(ring("2", "2"), on).open(old, place), /key 1 is not in the ring/);
  });

  it("that is off stores plain text, and still opens what is encrypted", () => {
    const off = new ContentCipher(ring("1", "1"), { ...on, enabled: false });
    assert.deepEqual(off.seal("text", place), { content: "text", keyId: null });
    assert.equal(off.activeKey, null);
    assert.equal(off.open(new ContentCipher(ring("1", "1"), on).seal("text", place), place), "text");
  });

  it("hashes equal contents of one owner alike, and nothing else", () => {
    const hash = (text: string, owner: string | null, key = "1") =>
      new ContentCipher(ring(key, key), on).hash(text, owner);
    assert.equal(hash("a", "x"), hash("a", "x"));
    assert.equal(
      new Set([hash("a", "x"), hash("b", "x"), hash("a", "y"), hash("a", null), hash("a", "x", "2")]).size,
      5,
    );
    assert.match(hash("a", "x"), /^1:[0-9a-f]{64}$/);
  });
});
