import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { openDatabaseProxy } from "./databaseProxy.ts";
import type { DatabaseProxy } from "./databaseProxy.ts";
import { ask, metricValue, statusForHost, untilAnswer } from "./metricsRequest.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { Overlay, ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

type Metrics = Record<string, unknown>;

const quick = { enabled: true, interval: 1 };
const collectors = { system: quick, application: quick, database: quick, business: quick };

/** Each test delivers another metrics.json to the running server. */
describe("metrics, health and alerts of a server", function () {
  this.timeout(120_000);
  let stage: ReadyStage;
  let proxy: DatabaseProxy;
  let server: ServerProcess;
  let key: Record<string, string>;

  before(async () => {
    stage = await readyStage();
    const { host, port } = stage.superuser();
    proxy = await openDatabaseProxy({ host, port });
    server = await startServer(stage, { databasePort: proxy.port });
    key = { "x-api-key": stage.keys.reader };
  });
  after(async () => {
    await server?.end();
    proxy?.close();
    await stage?.stop();
  });

  async function deliver(metrics: Metrics = {}, further: Overlay = {}) {
    const before = server.log.length;
    await server.deliver({ overrides: { ...further, metrics: { metrics } } });
    await server.line("files in force", before);
    // What the listener does follows the line.
    await untilAnswer(
      () => ask(server, "/nowhere", {}, (metrics["port"] as number | undefined) ?? server.metricsPort),
      ({ status }) => status === 404,
    );
  }

  async function call(sql: string): Promise<void> {
    const { client, close } = await connectClient(server, stage.keys.default);
    await callTool(client, "execute_query", { sql });
    await close();
  }

  const prometheus = async () => (await ask(server, "/metrics", key)).text;
  const json = async () =>
    JSON.parse((await ask(server, "/api/v1/metrics", key)).text) as {
      values: Record<string, { value: number; unit: string }>;
      alerts: { alert: string; state: string }[];
    };
  const collected = async (...names: string[]) => {
    for (;;) {
      const { values } = await json();
      if (names.every((name) => name in values)) return values;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it("tell metrics, information and details to callers with a key that may read, and liveness to everybody", async () => {
    await deliver();
    for (const path of ["/metrics", "/info", "/api/v1/metrics"]) {
      assert.equal((await ask(server, path)).status, 401, path);
      assert.equal((await ask(server, path, { "x-api-key": stage.keys.elsewhere })).status, 403, path);
      assert.equal(
        (await ask(server, path, { authorization: `Bearer ${stage.keys.reader}` })).status,
        200,
        path,
      );
    }
    const brief = await ask(server, "/health");
    assert.deepEqual(JSON.parse(brief.text), { status: "ok", live: true, ready: true });
    const detailed = JSON.parse((await ask(server, "/health", key)).text) as { checks: object };
    assert.deepEqual(Object.keys(detailed.checks).toSorted(), ["database", "files", "log", "spool"]);
    assert.equal(await statusForHost(server, "evil.example"), 403);
    assert.equal(await statusForHost(server, "localhost"), 200);
  });

  it("metrics.endpoints say what answers where, and in which form", async () => {
    await deliver({
      path: "/prom",
      endpoints: {
        prometheus: { path: "/prom" },
        health: { path: "/alive" },
        info: { enabled: false },
        metrics: { path: "/all" },
      },
    });
    const status = async (path: string) => (await ask(server, path, key)).status;
    assert.deepEqual(
      [
        await status("/metrics"),
        await status("/health"),
        await status("/info"),
        await status("/api/v1/metrics"),
      ],
      [404, 404, 404, 404],
    );
    assert.match(
      (await ask(server, "/prom", key)).headers.get("content-type") ?? "",
      /^text\/plain; version=0\.0\.4/,
    );
    assert.match((await ask(server, "/all", key)).headers.get("content-type") ?? "", /json/);
    assert.match((await ask(server, "/alive/live")).headers.get("content-type") ?? "", /json/);
    await deliver({
      endpoints: { prometheus: { enabled: false }, health: { enabled: false }, metrics: { enabled: false } },
    });
    assert.deepEqual(
      [
        await status("/metrics"),
        await status("/health"),
        await status("/info"),
        await status("/api/v1/metrics"),
      ],
      [404, 404, 200, 404],
    );
    const information = JSON.parse((await ask(server, "/info", key)).text) as Record<string, unknown>;
    assert.equal(information["server"], "postgres");
    assert.match((await ask(server, "/info", key)).headers.get("content-type") ?? "", /json/);
  });

  it("metrics.port is where they are told, also when it changes, and a taken port ends nothing", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const before = server.log.length;
    await server.deliver({ overrides: { metrics: { metrics: { port } } } });
    await server.line("metrics and health cannot listen; it is tried again", before);
    other.close();
    await once(other, "close");
    await deliver({ port });
    assert.equal((await ask(server, "/health/live", {}, port)).status, 200);
    await assert.rejects(ask(server, "/health/live"));
    await deliver();
    assert.equal((await ask(server, "/health/live")).status, 200);
  });

  it("health tells liveness and readiness apart while the database is away", async () => {
    await deliver();
    proxy.cut();
    const ready = await untilAnswer(
      () => ask(server, "/health/ready"),
      ({ status }) => status === 503,
    );
    assert.deepEqual(JSON.parse(ready.text), { status: "not ready", live: true, ready: false });
    assert.equal((await ask(server, "/health/live")).status, 200);
    assert.equal((await ask(server, "/health")).status, 200);
    proxy.mend();
    await untilAnswer(
      () => ask(server, "/health/ready"),
      ({ status }) => status === 200,
    );
  });

  it("a refused file is in metric and health until a good one is in force", async () => {
    await deliver();
    const before = server.log.length;
    await server.deliver({ spoil: (files) => void (files["mcp/metrics.json"] = '{"metrics":{"port":"x"}}') });
    await server.line("new files refused; the ones in force stay", before);
    assert.equal(metricValue(await prometheus(), "kilocode_files_refused"), 1);
    const { status, text } = await ask(server, "/health/ready", key);
    assert.equal(status, 503);
    assert.match(text, /"files":\{"ok":false,"problem":"metrics\.json: \/metrics\/port/);
    await deliver();
    assert.equal(metricValue(await prometheus(), "kilocode_files_refused"), 0);
  });

  it("metrics.collectors.system measures the container", async () => {
    await deliver({ collectors: { system: quick } });
    const values = await collected(
      "cpu_usage",
      "memory_usage",
      "disk_usage",
      "network_received",
      "network_sent",
    );
    assert.ok(values["memory_usage"]!.value > 0 && values["memory_usage"]!.value <= 100);
    assert.ok(values["disk_usage"]!.value > 0 && values["disk_usage"]!.value <= 100);
    assert.ok(values["cpu_usage"]!.value >= 0);
    assert.equal(values["network_sent"]!.unit, "bytes/s");
  });

  it("metrics.collectors.application measures the calls", async () => {
    await deliver({ collectors: { application: { enabled: true, interval: 2 } } });
    // A round may hold any part of the calls, so they go on until one holds both kinds.
    for (;;) {
      for (const sql of ["SELECT 1", "SELECT nonsense"]) await call(sql);
      const { values } = await json();
      const errors = values["error_rate"]?.value ?? 0;
      if (errors === 0 || errors === 100) continue;
      assert.ok(values["request_rate"]!.value > 0);
      assert.ok(values["response_rate"]!.value > 0);
      assert.ok(values["latency"]!.value >= values["latency_p50"]!.value);
      break;
    }
    const text = await prometheus();
    assert.ok(
      metricValue(text, "kilocode_tool_calls_total", { tool: "execute_query", outcome: "failed" })! >= 1,
    );
    assert.ok(metricValue(text, "kilocode_tool_call_seconds_count", { tool: "execute_query" })! >= 2);
    assert.ok(metricValue(text, "kilocode_http_responses_total", { status: "200" })! >= 2);
  });

  it("metrics.collectors.database measures PostgreSQL as the server sees it", async () => {
    await deliver(
      { collectors: { database: quick } },
      { postgres: { security: { slowQueryThreshold: 300 } } },
    );
    const seen = { query: 0, slow: 0, transaction: 0 };
    while (Object.values(seen).some((value) => value === 0)) {
      await call("SELECT pg_sleep(0.4)");
      const { values } = await json();
      seen.query ||= values["query_rate"]?.value ?? 0;
      seen.slow ||= values["slow_query_rate"]?.value ?? 0;
      seen.transaction ||= values["transaction_rate"]?.value ?? 0;
    }
    assert.ok((await json()).values["database_connections"]!.value >= 1);
  });

  it("metrics.collectors.business measures what the server is for", async () => {
    await deliver({ collectors: { business: { enabled: true, interval: 2 } } });
    await call("SELECT 1");
    for (;;) {
      const { values } = await json();
      if (values["active_users"]?.value === 1) break;
      await call("SELECT 1");
    }
  });

  it("a collector that is switched off, and a metric that is not in its list, bring no value", async () => {
    await deliver({
      collectors: {
        ...collectors,
        application: { enabled: false },
        system: { ...quick, metrics: ["memory"] },
      },
    });
    const values = await collected("memory_usage", "database_connections", "active_users");
    assert.ok(!("cpu_usage" in values) && !("request_rate" in values));
    assert.equal(
      metricValue(await prometheus(), "kilocode_collected", { name: "memory_usage" }),
      (await json()).values["memory_usage"]!.value,
    );
  });

  it("metrics.enabled switches measuring off, and leaves health", async () => {
    await deliver({ enabled: false, collectors });
    assert.equal((await ask(server, "/metrics", key)).status, 404);
    assert.equal((await ask(server, "/api/v1/metrics", key)).status, 404);
    assert.equal((await ask(server, "/health/ready")).status, 200);
  });

  it("metrics.sampleInterval is how often samples and a sign of life are recorded", async () => {
    await deliver({ sampleInterval: 1, collectors });
    await untilRows(
      "SELECT DISTINCT metric_name FROM mcp.system_metrics WHERE server_name = 'postgres' AND (metric_name, metric_unit) IN (('memory_usage', '%'), ('request_rate', '1/s'))",
      2,
    );
    const beats =
      "SELECT last_heartbeat, health_score, memory_usage FROM mcp.server_status WHERE server_name = 'postgres' AND memory_usage > 0";
    const [first] = await untilRows(beats, 1);
    assert.equal(first!["health_score"], 100);
    for (;;) {
      const [next] = await untilRows(beats, 1);
      if (String(next!["last_heartbeat"]) !== String(first!["last_heartbeat"])) break;
    }
  });

  it("an alert fires when its condition held for so many samples, and is resolved, in metric, log and health", async () => {
    const rule = { name: "memory_there", condition: "memory_usage > 0", threshold: 2, action: "alert" };
    const before = server.log.length;
    await deliver({ collectors: { system: quick }, alerting: { enabled: true, rules: [rule] } });
    const line = await server.line("alert firing", before);
    assert.deepEqual(
      [line["alert"], line["condition"], line["level"]],
      ["memory_there", rule.condition, "warn"],
    );
    assert.equal(metricValue(await prometheus(), "kilocode_alert_firing", { alert: "memory_there" }), 1);
    assert.match(
      (await ask(server, "/health", key)).text,
      /"alert":"memory_there","condition":"memory_usage > 0","state":"firing"/,
    );
    const firing = server.log.length;
    await deliver({ collectors: { system: quick }, alerting: { enabled: false, rules: [rule] } });
    await server.line("alert resolved", firing);
    assert.equal(
      metricValue(await prometheus(), "kilocode_alert_firing", { alert: "memory_there" }),
      undefined,
    );
  });

  it("an alert over a value that is not collected is told and judged by nobody", async () => {
    const rule = { name: "cpu", condition: "cpu_usage > 0", threshold: 1, action: "alert" };
    const before = server.log.length;
    await deliver({ collectors: { system: { enabled: false } }, alerting: { enabled: true, rules: [rule] } });
    const line = await server.line("alert names a value that is not collected", before);
    assert.equal(line["alert"], "cpu");
    assert.equal((await json()).alerts.find(({ alert }) => alert === "cpu")?.state, "not collected");
  });

  async function untilRows(sql: string, count: number): Promise<Record<string, unknown>[]> {
    for (;;) {
      const { rows } = await stage.asSuperuser((client) => client.query<Record<string, unknown>>(sql));
      if (rows.length >= count) return rows;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
