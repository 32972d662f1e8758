import assert from "node:assert/strict";
import { DatabaseError } from "pg";
import { ConnectionLost, isConnectionLoss } from "#servers/postgres/connectionLost.ts";
import type { Phase } from "#servers/postgres/connectionLost.ts";
import { toToolError } from "#servers/postgres/databaseErrors.ts";
import { repeat, repeatableRead, repeatableWrite } from "#servers/postgres/repeat.ts";
import type { Repeatable } from "#servers/postgres/repeat.ts";

function refused(code: string): DatabaseError {
  return Object.assign(new DatabaseError("refused", 0, "error"), { code });
}
const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const lost = (phase: Phase, cause: unknown = reset) => new ConnectionLost(phase, cause);

/** How often something that always fails like this is tried. */
async function attempts(error: unknown, repeatable: Repeatable, signal = new AbortController().signal) {
  let made = 0;
  const failing = () => {
    made += 1;
    return Promise.reject(error);
  };
  await assert.rejects(
    repeat(failing, { maxRetries: 3, retryDelay: 1, timeout: 60_000 }, repeatable, signal),
  );
  return made;
}

describe("repeating a statement", () => {
  it("tries a read again when the connection was not there, or PostgreSQL said that it ends it", async () => {
    assert.equal(await attempts(lost("connecting"), repeatableRead()), 4);
    assert.equal(await attempts(lost("running", refused("57P01")), repeatableRead()), 4);
    assert.equal(await attempts(refused("40001"), repeatableRead()), 4);
  });

  it("tries a read once more that may have ended its own session", async () => {
    assert.equal(await attempts(lost("running"), repeatableRead()), 2);
  });

  it("tries a write again only when it never ran", async () => {
    assert.equal(await attempts(lost("connecting"), repeatableWrite), 4);
    for (const error of [lost("running"), lost("committing"), refused("40001"), refused("57014")])
      assert.equal(await attempts(error, repeatableWrite), 1);
  });

  it("does not repeat what the caller did wrong, nor for a caller that is gone", async () => {
    assert.equal(await attempts(refused("42601"), repeatableRead()), 1);
    assert.equal(await attempts(lost("connecting"), repeatableRead(), AbortSignal.abort()), 1);
  });

  it("begins no wait that the call would not outlast", async () => {
    let made = 0;
    const failing = () => {
      made += 1;
      return Promise.reject(lost("connecting"));
    };
    const signal = new AbortController().signal;
    const limits = { maxRetries: 3, retryDelay: 100_000, timeout: 3000 };
    await assert.rejects(
      repeat(failing, limits, () => true, signal),
      /ECONNRESET|connect/i,
    );
    assert.equal(made, 1);
  });

  it("waits twice as long each time", async () => {
    const times: number[] = [];
    const failing = () => {
      times.push(performance.now());
      return Promise.reject(reset);
    };
    const { signal } = new AbortController();
    await assert.rejects(
      repeat(failing, { maxRetries: 3, retryDelay: 20, timeout: 60_000 }, () => true, signal),
    );
    const waits = times.slice(1).map((time, index) => time - times[index]!);
    assert.ok(waits[0]! >= 19 && waits[1]! >= 39 && waits[2]! >= 79, waits.join());
  });

  it("takes only what ended by itself for a lost connection", () => {
    assert.ok(isConnectionLoss(reset) && isConnectionLoss(refused("57P01")));
    assert.ok(isConnectionLoss(new Error("Connection terminated unexpectedly")));
    for (const other of [refused("57014"), new Error("timeout exceeded when trying to connect"), "x"])
      assert.ok(!isConnectionLoss(other));
  });

  it("tells a caller whether a write that was lost may have happened", () => {
    const told = (error: unknown) => toToolError(error, { writing: true }).message;
    assert.match(told(lost("committing")), /may have been made or not/);
    assert.match(told(lost("running")), /Nothing was written/);
    assert.equal(toToolError(lost("running")).code, "ECONNRESET");
  });
});
