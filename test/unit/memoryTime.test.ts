import assert from "node:assert/strict";
import { assert as assertProperty, property, string } from "fast-check";
import { readTimeExpression } from "#servers/memory/timeExpression.ts";

/** A Friday. */
const now = new Date("2026-11-27T18:30:00Z");

const cases: readonly (readonly [text: string, from: string, to: string, words: string])[] = [
  ["today", "2026-11-27", "2026-11-28", ""],
  ["yesterday", "2026-11-26", "2026-11-27", ""],
  ["what did I store yesterday?", "2026-11-26", "2026-11-27", ""],
  ["what did we decide last week about ports", "2026-11-16", "2026-11-23", "what did we decide about ports"],
  ["this week", "2026-11-23", "2026-11-30", ""],
  ["last weekend", "2026-11-21", "2026-11-23", ""],
  ["2 weeks ago", "2026-11-09", "2026-11-16", ""],
  ["3 days ago", "2026-11-24", "2026-11-25", ""],
  ["last 3 days", "2026-11-24T18:30:00.000Z", "2026-11-27T18:30:00.000Z", ""],
  ["the last hour", "2026-11-27T17:30:00.000Z", "2026-11-27T18:30:00.000Z", ""],
  ["5 minutes ago", "2026-11-27T18:25:00.000Z", "2026-11-27T18:26:00.000Z", ""],
  ["last month", "2026-10-01", "2026-11-01", ""],
  ["last quarter", "2026-07-01", "2026-10-01", ""],
  ["last year", "2025-01-01", "2026-01-01", ""],
  ["in 2024", "2024-01-01", "2025-01-01", ""],
  ["in May", "2026-05-01", "2026-06-01", ""],
  ["in December", "2025-12-01", "2026-01-01", ""],
  ["May 2024", "2024-05-01", "2024-06-01", ""],
  ["last monday", "2026-11-23", "2026-11-24", ""],
  ["on Saturday", "2026-11-21", "2026-11-22", ""],
  ["2026-11-20", "2026-11-20", "2026-11-21", ""],
  ["between Monday and Wednesday", "2026-11-23", "2026-11-26", ""],
  ["deploys between 1 November and 5 November", "2026-11-01", "2026-11-06", "deploys"],
  ["since Monday", "2026-11-23", "", ""],
  ["after Monday", "2026-11-24", "", ""],
  ["before June 2026", "", "2026-06-01", ""],
  ["deploy key since yesterday", "2026-11-26", "", "deploy key"],
];

const day = (instant: Date | undefined) => instant?.toISOString().replace("T00:00:00.000Z", "") ?? "";

describe("expressions of time", () => {
  for (const [text, from, to, words] of cases) {
    it(`"${text}" is ${from || "ever"} to ${to || "now on"}${words === "" ? "" : `, and "${words}"`}`, () => {
      const found = readTimeExpression(text, now);
      assert.ok(found.period, "no time was found");
      assert.deepEqual([day(found.period.from), day(found.period.to), found.words], [from, to, words]);
    });
  }

  it("are not found where there is none", () => {
    for (const text of ["the deploy key", "port 5432", "PostgreSQL 17"]) {
      assert.deepEqual(readTimeExpression(text, now), { period: undefined, words: text });
    }
  });

  it("of any text end after they begin, and never fail", () => {
    assertProperty(
      property(string({ maxLength: 60 }), (text) => {
        const { period, words } = readTimeExpression(text, now);
        assert.ok(!period?.from || !period.to || period.from <= period.to);
        assert.equal(typeof words, "string");
      }),
    );
  });
});
