import assert from "node:assert/strict";
import { array, assert as check, integer, property } from "fast-check";
import { CallerLimit } from "#servers/runtime/limits/callerLimit.ts";
import { TokenBuckets } from "#servers/runtime/limits/tokenBuckets.ts";

function clocked(capacity = 100) {
  const clock = { now: 0 };
  return { clock, buckets: new TokenBuckets(capacity, () => clock.now) };
}

describe("buckets of tokens", () => {
  it("let a burst through, then one each time a token is due, and say when that is", () => {
    const { clock, buckets } = clocked();
    const rate = { requestsPerMinute: 60, burst: 3 };
    const take = () => buckets.take("a", rate);
    assert.deepEqual([take(), take(), take()], [undefined, undefined, undefined]);
    assert.deepEqual(take(), { retryMilliseconds: 1000, first: true });
    clock.now += 400;
    assert.deepEqual(take()?.first, false);
    assert.equal(Math.round(take()!.retryMilliseconds), 600);
    clock.now += 600;
    assert.equal(take(), undefined);
    assert.equal(take()?.first, true);
    clock.now += 3_600_000;
    assert.deepEqual([take(), take(), take(), take()?.first], [undefined, undefined, undefined, true]);
  });

  it("never let more through than the burst and what came in since, and no less when asked as told", () => {
    const arrivals = array(integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 200 });
    check(
      property(arrivals, integer({ min: 1, max: 300 }), integer({ min: 1, max: 50 }), (gaps, rpm, burst) => {
        const { clock, buckets } = clocked();
        const rate = { requestsPerMinute: rpm, burst };
        let taken = 0;
        for (const gap of gaps) {
          clock.now += gap;
          const refused = buckets.take("a", rate);
          if (refused) {
            assert.ok(refused.retryMilliseconds <= 60_000 / rpm + 1e-6);
            clock.now += refused.retryMilliseconds;
            assert.equal(buckets.take("a", rate), undefined, "as told");
          }
          taken += 1;
          assert.ok(taken <= burst + (clock.now * rpm) / 60_000 + 1e-3);
        }
      }),
    );
  });

  it("are as many as allowed, and keep the one that is used", () => {
    const { buckets } = clocked(10);
    const rate = { requestsPerMinute: 1, burst: 1 };
    buckets.take("used", rate);
    for (let count = 0; count < 1000; count += 1) {
      buckets.take(`caller ${count}`, rate);
      assert.ok(buckets.take("used", rate), "still empty");
    }
    assert.ok(buckets.size <= 10);
  });

  it("obey another rate at once", () => {
    const { clock, buckets } = clocked();
    for (let count = 0; count < 4; count += 1) buckets.take("a", { requestsPerMinute: 1, burst: 3 });
    clock.now += 200;
    assert.equal(buckets.take("a", { requestsPerMinute: 600, burst: 3 }), undefined);
  });
});

describe("the limit of a caller", () => {
  it("counts some thousands of callers, and forgets the one that was silent longest", async () => {
    const limit = {
      enabled: true,
      windowMs: 60_000,
      maxRequests: 1,
      skipSuccessfulRequests: false,
      skipFailedRequests: false,
      skip: [],
    };
    const callers = new CallerLimit();
    assert.ok("ended" in (await callers.take(limit, "/mcp", "first")));
    assert.ok("refusal" in (await callers.take(limit, "/mcp", "first")));
    for (let count = 0; count < 10_000; count += 1) await callers.take(limit, "/mcp", `192.0.2.${count}`);
    assert.ok("ended" in (await callers.take(limit, "/mcp", "first")));
    assert.ok("refusal" in (await callers.take(limit, "/mcp", "192.0.2.9999")));
  });
});
