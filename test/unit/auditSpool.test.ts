import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert as check, integer, nat, property, string } from "fast-check";
import { SpoolFull } from "#servers/runtime/audit/auditor.ts";
import { decodeRecords, encodeRecord } from "#servers/runtime/audit/segment.ts";
import { Spool } from "#servers/runtime/audit/spool.ts";

describe("a segment of the audit spool", () => {
  const texts = array(string({ minLength: 1, unit: "grapheme" }), { maxLength: 20 });

  it("gives back what was added, in as many portions as one likes", () => {
    check(
      property(texts, integer({ min: 1, max: 7 }), (added, most) => {
        const segment = Buffer.concat(added.map(encodeRecord));
        const found: string[] = [];
        let start = 0;
        for (;;) {
          const { texts: portion, end, rest } = decodeRecords(segment, start, most);
          assert.equal(rest, "none");
          if (portion.length === 0) break;
          found.push(...portion);
          start = end;
        }
        assert.deepEqual(found, added);
        assert.equal(start, segment.length);
      }),
    );
  });

  it("tells a record cut short from none, wherever it was cut", () => {
    check(
      property(texts, nat(), (added, cut) => {
        const segment = Buffer.concat([...added, "last"].map(encodeRecord));
        const last = encodeRecord("last").length;
        const length = segment.length - last + (cut % last);
        const { texts: found, rest } = decodeRecords(segment.subarray(0, length), 0, 100);
        assert.deepEqual(found, added);
        assert.equal(rest, cut % last === 0 ? "none" : "cut");
      }),
    );
  });

  it("stops at a byte that was changed", () => {
    const segment = Buffer.concat(["one", "two", "three"].map(encodeRecord));
    segment[encodeRecord("one").length + 9]! ^= 1;
    const { texts: found, rest } = decodeRecords(segment, 0, 100);
    assert.deepEqual([found, rest], [["one"], "damaged"]);
  });
});

describe("the audit spool", () => {
  let folder: string;
  let damaged: string[];
  const openSpool = (capacityBytes = 100_000) =>
    new Spool(folder, { capacityBytes, onDamage: (segment) => void damaged.push(segment) });
  const drain = async (spool: Spool, most = 100): Promise<string[]> => {
    const found: string[] = [];
    for (let batch = await spool.next(most); batch; batch = await spool.next(most)) {
      found.push(...batch.texts);
      await batch.delivered();
    }
    return found;
  };

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "spool-")), "spool", "audit");
    damaged = [];
  });
  afterEach(() => rmSync(join(folder, "..", ".."), { recursive: true }));

  it("keeps what the database did not take for the next process, once, and then nothing", async () => {
    const first = openSpool();
    for (const text of ["a", "b", "c"]) first.append(text);
    await first.synced();
    const batch = await first.next(2);
    assert.deepEqual(batch?.texts, ["a", "b"]);
    await batch.delivered();
    // Not closed: the process was killed. What was delivered may come again; the database knows it by its id.
    const second = openSpool();
    assert.ok(second.waitingBytes > 0);
    second.append("d");
    assert.deepEqual(await drain(second), ["a", "b", "c", "d"]);
    await second.close();
    assert.deepEqual(readdirSync(folder), []);
    await first.close();
  });

  it("leaves out a record cut short, and goes on behind it", async () => {
    const first = openSpool();
    first.append("whole");
    await first.synced();
    const [segment] = readdirSync(folder);
    appendFileSync(join(folder, segment!), encodeRecord("torn").subarray(0, 9));
    const second = openSpool();
    second.append("later");
    assert.deepEqual(await drain(second), ["whole", "later"]);
    assert.deepEqual(damaged, []);
    await second.close();
    await first.close();
  });

  it("sets a damaged segment aside, with all before the damage delivered", async () => {
    const first = openSpool();
    first.append("good");
    await first.close();
    const [segment] = readdirSync(folder);
    appendFileSync(join(folder, segment!), Buffer.alloc(50));
    const second = openSpool();
    assert.deepEqual(await drain(second), ["good"]);
    assert.equal(second.damagedSegments, 1);
    assert.deepEqual(damaged, [join(folder, segment!)]);
    assert.ok(existsSync(join(folder, `${segment!}.damaged`)));
    // Its number is not used again.
    const third = openSpool();
    third.append("next");
    assert.deepEqual(await drain(third), ["next"]);
    await third.close();
    await second.close();
  });

  it("goes through many segments, while more is added", async () => {
    const spool = openSpool(20_000);
    const all = Array.from({ length: 100 }, (_, count) => `${count} ${"x".repeat(100)}`);
    for (const text of all.slice(0, 60)) spool.append(text);
    const batch = await spool.next(30);
    assert.ok(readdirSync(folder).length > 2);
    for (const text of all.slice(60)) spool.append(text);
    await Promise.all([spool.synced(), spool.synced(), batch!.delivered()]);
    assert.deepEqual([...batch!.texts, ...(await drain(spool, 7))], all);
    assert.equal(spool.waitingBytes, 0);
    await spool.close();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("refuses more than its capacity, and takes again what the database made room for", async () => {
    const spool = openSpool(2000);
    const text = "x".repeat(92);
    for (let count = 0; count < 20; count += 1) spool.append(text);
    assert.throws(() => spool.append(text), SpoolFull);
    assert.match(spool.refusal(100)!, /spool is full/);
    assert.equal((await drain(spool)).length, 20);
    spool.append(text);
    await spool.close();
  });

  it("says that the disk does not take anything, and tries again", async () => {
    const spool = openSpool();
    rmSync(folder, { recursive: true });
    assert.throws(() => spool.append("x"), /cannot be written \(ENOENT\)/);
    assert.match(spool.refusal(1)!, /cannot be written/);
    await spool.close();
  });
});
