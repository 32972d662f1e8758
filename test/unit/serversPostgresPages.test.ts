import assert from "node:assert/strict";
import * as fc from "fast-check";
import { KeptResults, keptLimits } from "#servers/postgres/keptResults.ts";
import { databaseMeasure } from "#servers/postgres/measure.ts";
import { PageBuilder, rowsOf } from "#servers/postgres/pages.ts";
import type { Page } from "#servers/postgres/pages.ts";
import type { Answer, Reader } from "#servers/postgres/reader.ts";
import type { StatementLog } from "#servers/postgres/statementLog.ts";

const answer: Answer = { fields: [], rows: [], typeNames: [], command: "", truncated: "rows" };
const page = (bytes: number): Page => ({
  rows: Buffer.alloc(bytes, "[]".padEnd(bytes)),
  truncated: undefined,
});

describe("pages of a result", () => {
  it("hold every row once, in order, within the limits, up to the first that does not fit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 20, max: 1000 }),
        (sizes, maxRows, maxBytes) => {
          const builder = new PageBuilder({ maxRows, maxBytes: 100 }, maxBytes);
          const taken = sizes.map((size, index) => builder.take([String(index)], size));
          const pages = builder.finish();
          const rows = pages.flatMap((each) => rowsOf(each).map(([text]) => Number(text)));
          const fitting = taken.indexOf(false) === -1 ? sizes.length : taken.indexOf(false);
          assert.deepEqual(
            rows,
            Array.from({ length: fitting }, (_, index) => index),
          );
          assert.ok(taken.slice(fitting).every((one) => !one));
          for (const each of pages) {
            const own = rowsOf(each).map(([text]) => sizes[Number(text)]!);
            assert.ok(own.length > 0 && own.length <= maxRows);
            assert.ok(own.reduce((sum, size) => sum + size, 0) <= 100);
          }
          if (pages.length > 0)
            assert.equal(pages.at(-1)!.truncated, fitting < sizes.length ? "bytes" : undefined);
        },
      ),
    );
  });

  it("are kept for one client, a few results and some time", () => {
    let now = 0;
    const kept = new KeptResults(() => now);
    const cursors = Array.from(
      { length: keptLimits.results + 1 },
      () => kept.keep("a", answer, [page(2)]).cursor!,
    );
    const there = (cursor: string, client = "a") => {
      try {
        kept.page(client, cursor);
        return true;
      } catch {
        return false;
      }
    };
    assert.deepEqual(
      cursors.map((cursor) => there(cursor)),
      [false, true, true, true, true],
    );
    assert.ok(!there(cursors[1]!, "b"));
    now += keptLimits.idleMilliseconds - 1;
    assert.ok(there(cursors[1]!));
    now += 1;
    assert.deepEqual([there(cursors[1]!), there(cursors[2]!)], [true, false]);
  });

  it("make room for new ones: the client's own first, then the least recently used of all", () => {
    const kept = new KeptResults(() => 0);
    const half = keptLimits.clientBytes / 2;
    const own = [1, 2, 3].map(() => kept.keep("a", answer, [page(half)]).cursor!);
    assert.throws(() => kept.page("a", own[0]!), /no such cursor/);
    kept.page("a", own[1]!);
    const clients = keptLimits.bytes / keptLimits.clientBytes;
    for (let other = 1; other < clients; other += 1)
      for (let count = 0; count < 2; count += 1) kept.keep(`c${String(other)}`, answer, [page(half)]);
    kept.page("a", own[1]!);
    kept.keep("late", answer, [page(half)]);
    assert.throws(() => kept.page("a", own[2]!), /no such cursor/);
    kept.page("a", own[1]!);
  });
});

describe("what the postgres server measures", () => {
  it("is connections, and rates per second since the value before", async () => {
    let now = 0;
    const counts = { all: 0, slow: 0 };
    let activity: { connections: number; transactions: number } | undefined = {
      connections: 7,
      transactions: 100,
    };
    const reader = {
      activity: () => (activity ? Promise.resolve(activity) : Promise.reject(new Error("away"))),
    } as unknown as Reader;
    const measure = databaseMeasure(reader, { counts } as unknown as StatementLog, () => now);
    Object.assign(counts, { all: 20, slow: 5 });
    now = 10_000;
    assert.deepEqual(await measure(), { query_rate: 2, slow_query_rate: 0.5, database_connections: 7 });
    activity = { connections: 8, transactions: 160 };
    now = 30_000;
    assert.deepEqual(await measure(), {
      query_rate: 0,
      slow_query_rate: 0,
      database_connections: 8,
      transaction_rate: 3,
    });
    activity = undefined;
    assert.deepEqual(await measure(), { query_rate: 0, slow_query_rate: 0 });
  });
});
