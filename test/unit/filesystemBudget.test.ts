import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { ByteBudget } from "#servers/filesystem/byteBudget.ts";

const patient = new AbortController().signal;

describe("bytes that calls of the filesystem server hold at once", () => {
  it("are never more than there are, and every call gets its turn", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 20 }), async (sizes) => {
        const budget = new ByteBudget(10);
        let held = 0;
        const done = await Promise.all(
          sizes.map((size) =>
            budget.hold(size, patient, async () => {
              held += Math.min(size, 10);
              assert.ok(held <= 10);
              await setImmediate();
              held -= Math.min(size, 10);
              return size;
            }),
          ),
        );
        assert.deepEqual(done, sizes);
      }),
      { numRuns: 50 },
    );
  });

  it("are free again after a failure, and go to others when a waiting call is given up", async () => {
    const budget = new ByteBudget(10);
    await assert.rejects(
      budget.hold(10, patient, () => Promise.reject(new Error("failed"))),
      /failed/,
    );
    const first = Promise.withResolvers<void>();
    const running = budget.hold(6, patient, () => first.promise);
    const gone = new AbortController();
    const waiting = budget.hold(10, gone.signal, () => Promise.resolve("never"));
    const behind = budget.hold(4, patient, () => Promise.resolve("behind"));
    gone.abort(new Error("gone"));
    await assert.rejects(waiting, /gone/);
    assert.equal(await behind, "behind");
    first.resolve();
    await running;
    assert.equal(await budget.hold(10, patient, () => Promise.resolve("all")), "all");
  });
});
