import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Alerts } from "#servers/runtime/observe/alerts.ts";
import { CallMeter, percentile } from "#servers/runtime/observe/callMeter.ts";
import { healthScore, isReady } from "#servers/runtime/observe/condition.ts";
import { DatabaseActivity } from "#servers/runtime/observe/databaseActivity.ts";
import { networkBytes } from "#servers/runtime/observe/networkBytes.ts";
import { activityCounts, activityRates, callRates } from "#servers/runtime/observe/rates.ts";
import { valuesOf } from "#servers/runtime/observe/values.ts";

const rule = (condition: string, threshold: number, name = "a") => ({
  name,
  condition,
  threshold,
  action: "alert" as const,
});
const names = new Set(["cpu_usage"]);

function judged(condition: string, threshold: number, samples: readonly (number | undefined)[]): string[] {
  const alerts = new Alerts();
  alerts.apply([rule(condition, threshold)], names);
  return samples.flatMap((value, at) =>
    alerts
      .judge(value === undefined ? {} : { cpu_usage: value }, names)
      .map(({ firing }) => `${firing ? "fires" : "ends"} at ${at + 1}`),
  );
}

describe("an alert", () => {
  it("fires after so many samples in a row, and ends with the first that does not hold", () => {
    assert.deepEqual(judged("cpu_usage > 80", 3, [81, 99, 80.1, 90, 80, 81]), ["fires at 3", "ends at 5"]);
    assert.deepEqual(judged("cpu_usage > 80", 3, [81, 81, 80, 81, 81, 80]), []);
    assert.deepEqual(judged("cpu_usage > 80", 1, [81, 79, 81]), ["fires at 1", "ends at 2", "fires at 3"]);
  });

  it("does not hold for a sample without the value", () => {
    assert.deepEqual(judged("cpu_usage > 80", 2, [81, undefined, 81, 81, undefined]), [
      "fires at 4",
      "ends at 5",
    ]);
  });

  it("compares as its condition says", () => {
    const holds = (condition: string, value: number) => judged(condition, 1, [value]).length === 1;
    assert.ok(holds("cpu_usage >= 5", 5) && !holds("cpu_usage >= 5", 4.9));
    assert.ok(holds("cpu_usage < -1.5", -2) && !holds("cpu_usage < -1.5", -1.5));
    assert.ok(holds("cpu_usage <= 5", 5) && !holds("cpu_usage <= 5", 5.1));
    assert.ok(holds("cpu_usage == 0", 0) && !holds("cpu_usage == 0", 1));
    assert.ok(holds("cpu_usage != 0", 1) && !holds("cpu_usage != 0", 0));
  });

  it("fires exactly while the latest samples all hold, whatever came before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (samples, threshold) => {
          const alerts = new Alerts();
          alerts.apply([rule("cpu_usage > 0", threshold)], names);
          samples.forEach((holds, at) => {
            alerts.judge({ cpu_usage: holds ? 1 : 0 }, names);
            const latest = samples.slice(Math.max(0, at + 1 - threshold), at + 1);
            const expected = latest.length === threshold && latest.every(Boolean);
            assert.equal(alerts.states[0]?.state, expected ? "firing" : "ok");
          });
        },
      ),
    );
  });

  it("goes on over other files with the same rule, ends with its rule, and begins anew with a changed one", () => {
    const alerts = new Alerts();
    alerts.apply([rule("cpu_usage > 0", 1), rule("cpu_usage > 1", 1, "b")], names);
    alerts.judge({ cpu_usage: 5 }, names);
    assert.deepEqual(alerts.apply([rule("cpu_usage > 0", 1)], names), [
      { alert: "b", condition: "cpu_usage > 1", value: 5, firing: false },
    ]);
    assert.equal(alerts.states[0]?.state, "firing");
    assert.equal(alerts.apply([rule("cpu_usage > 0", 2)], names).length, 1);
    assert.equal(alerts.states[0]?.samples, 0);
  });

  it("is not judged where its value is not collected, nor by another collector's samples", () => {
    const alerts = new Alerts();
    alerts.apply([rule("memory_items > 0", 1), rule("cpu_usage > 0", 1, "b")], names);
    assert.deepEqual(alerts.judge({ latency: 1 }, new Set(["latency"])), []);
    assert.deepEqual(
      alerts.states.map(({ state, samples }) => [state, samples]),
      [
        ["not collected", 0],
        ["ok", 0],
      ],
    );
  });
});

describe("what is measured", () => {
  it("of calls: rates, the share of failures, percentiles", async () => {
    const meter = new CallMeter();
    await meter.measure("t", "a", () => Promise.resolve({}));
    await meter.measure("t", "b", () => Promise.resolve({ isError: true }));
    await assert.rejects(meter.measure("t", "b", () => Promise.reject(new Error("x"))));
    meter.began("c");
    const { latencies, ...counts } = meter.take();
    assert.deepEqual(counts, { requests: 4, responses: 3, errors: 2 });
    assert.equal(latencies.length, 3);
    assert.equal(meter.takeClients(), 3);
    assert.equal(meter.takeClients(), 0);
    assert.deepEqual(callRates({ requests: 20, responses: 10, errors: 1, latencies: [3, 1, 2] }, 10), {
      request_rate: 2,
      response_rate: 1,
      error_rate: 10,
      latency: 3,
      latency_p50: 2,
      latency_p99: 3,
    });
    assert.deepEqual(callRates(meter.take(), 1), { request_rate: 0, response_rate: 0, error_rate: 0 });
    assert.equal(percentile([], 0.5), undefined);
    assert.equal(percentile([5], 0.01), 5);
  });

  it("of many calls: a bounded sample of latencies", () => {
    const meter = new CallMeter(undefined, () => 0.5);
    for (let call = 0; call < 20_000; call += 1) meter.ended("t", false, call);
    const { responses, latencies } = meter.take();
    assert.deepEqual([responses, latencies.length], [20_000, 5000]);
  });

  it("of PostgreSQL: what happened between two looks", () => {
    const activity = new DatabaseActivity();
    const before = activityCounts(activity);
    Object.assign(activity, { connections: 3, queries: 20, slowQueries: 1, transactions: 10 });
    assert.deepEqual(activityRates(before, activity, 2), {
      database_connections: 3,
      query_rate: 10,
      slow_query_rate: 0.5,
      transaction_rate: 5,
    });
  });

  it("of the network: all interfaces but the loopback", () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0
  eth0: 500 5 0 0 0 0 0 0 70 7 0 0 0 0 0 0
  eth1:1 5 0 0 0 0 0 0 2 7 0 0 0 0 0 0
`;
    assert.deepEqual(networkBytes(text), { received: 501, sent: 72 });
    assert.deepEqual(networkBytes(""), { received: 0, sent: 0 });
  });

  it("has the names of the lists, with what is told beside them", () => {
    assert.deepEqual(valuesOf("application", ["latency"]), ["latency", "latency_p50", "latency_p99"]);
    assert.deepEqual(valuesOf("system", ["network", "cpu"]), [
      "network_received",
      "network_sent",
      "cpu_usage",
    ]);
    assert.deepEqual(valuesOf("business", []), []);
  });
});

describe("the health of a server", () => {
  const ok = { ok: true };
  const well = { checks: { database: ok, files: ok, log: ok, spool: ok }, alerts: [], sinks: [] };

  it("is 100 for one that lacks nothing, and less for each fault", () => {
    assert.deepEqual([isReady(well), healthScore(well)], [true, 100]);
    const away = { ...well, checks: { ...well.checks, database: { ok: false, problem: "x" } } };
    assert.deepEqual([isReady(away), healthScore(away)], [false, 50]);
    const alert = { alert: "a", condition: "x", samples: 1, value: 1 };
    const firing = {
      ...well,
      alerts: [
        { ...alert, state: "firing" as const },
        { ...alert, state: "ok" as const },
      ],
    };
    assert.deepEqual([isReady(firing), healthScore(firing)], [true, 90]);
    const no = { ok: false };
    assert.equal(healthScore({ ...firing, checks: { database: no, files: no, log: no, spool: no } }), 0);
  });
});
