import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ask, metricValue, untilAnswer } from "./metricsRequest.ts";
import { post } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { LogLine, ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

/** Each test delivers other files to the running server. */
describe("the log files of a server", function () {
  this.timeout(120_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage, { server: "memory" });
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  const logs = (...names: string[]) => join(server.state, "logs", ...names);
  const lines = (path: string) =>
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as LogLine);
  /** Names in the log folder that begin so. */
  const named = (start: string) =>
    readdirSync(logs())
      .filter((name) => name.startsWith(start))
      .toSorted();

  async function deliver(logging: object = {}, own: object = {}): Promise<void> {
    const { id } = await inForce();
    await server.deliver({ overrides: { logging: { logging }, memory: { logging: own } } });
    // Console and files may be off, so the server is asked.
    for (;;) if ((await inForce()).id !== id) return;
  }

  async function inForce(): Promise<{ id: string }> {
    const { text } = await ask(server, "/info", { "x-api-key": stage.keys.reader });
    return { id: (JSON.parse(text) as { files: { inForceSince: string } }).files.inForceSince };
  }

  /** A refused request is a line; its id tells which. */
  async function provoke(): Promise<string> {
    const { headers } = await post(server, "tools/list", {}, {});
    return String(headers.get("x-request-id"));
  }

  it("logging.file is the server's own file, with the lines of stdout, and another one when it changes", async () => {
    await deliver();
    const id = await provoke();
    assert.ok(lines(logs("memory.log")).some(({ requestId }) => requestId === id));
    await deliver({}, { file: "/var/log/kilocode/mcp/deeper/own.log" });
    const other = await provoke();
    assert.ok(lines(logs("deeper", "own.log")).some(({ requestId }) => requestId === other));
    assert.ok(!readFileSync(logs("memory.log"), "utf8").includes(other));
  });

  it("logging.maxSize, maxFiles and compress of the server rotate its file", async () => {
    const file = "/var/log/kilocode/mcp/rotating.log";
    await deliver({}, { file, maxSize: "10KB", maxFiles: 2, compress: false });
    while (named("rotating.log").length < 3) await provoke();
    for (let more = 0; more < 60; more += 1) await provoke();
    assert.deepEqual(named("rotating.log"), ["rotating.log", "rotating.log.1", "rotating.log.2"]);
    assert.ok(readFileSync(logs("rotating.log.1")).length <= 10 * 1024);
    await deliver({}, { file, maxSize: "10KB", maxFiles: 2, compress: true });
    while (!existsSync(logs("rotating.log.1.gz"))) await provoke();
    assert.match(gunzipSync(readFileSync(logs("rotating.log.1.gz"))).toString(), /request refused/);
  });

  it("logging.console says whether lines go to stdout", async () => {
    await deliver({ console: false });
    const silent = await provoke();
    await deliver({ console: true });
    const told = await provoke();
    while (!server.log.some(({ requestId }) => requestId === told))
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(!server.log.some(({ requestId }) => requestId === silent));
    assert.ok(lines(logs("memory.log")).some(({ requestId }) => requestId === silent));
  });

  it("logging.file.enabled says whether files are written", async () => {
    await deliver({ file: { enabled: false } });
    const id = await provoke();
    assert.ok(!readFileSync(logs("memory.log"), "utf8").includes(id));
  });

  it("logging.file.path and filename name the file of what the own one cannot take; logging.json limits it", async () => {
    mkdirSync(logs("blocked.log"));
    const key = { "x-api-key": stage.keys.reader };
    const before = server.log.length;
    await deliver(
      { file: { filename: "common.log" }, maxSize: "10KB", maxFiles: 1, compress: true },
      { file: "/var/log/kilocode/mcp/blocked.log" },
    );
    const id = await provoke();
    assert.ok(lines(logs("common.log")).some(({ requestId }) => requestId === id));
    const line = await server.line("log file cannot be written; it is tried again", before);
    assert.equal(line["code"], "EISDIR");
    // In metric and health, too, and once on stdout.
    assert.equal(metricValue((await ask(server, "/metrics", key)).text, "kilocode_log_files_writable"), 0);
    const { status, text } = await ask(server, "/health/ready", key);
    assert.equal(status, 503);
    assert.match(text, /"log":\{"ok":false,"problem":"[^"]*blocked\.log cannot be written \(EISDIR\)"/);
    while (!existsSync(logs("common.log.1.gz"))) await provoke();
    for (let more = 0; more < 60; more += 1) await provoke();
    assert.deepEqual(named("common.log.").filter((name) => /\d/.test(name)).length, 1);
    const told = server.log.slice(before).filter(({ msg }) => msg === line.msg);
    assert.equal(told.length, 1);

    rmdirSync(logs("blocked.log"));
    await untilAnswer(
      async () => {
        await provoke();
        return ask(server, "/health/ready");
      },
      (answer) => answer.status === 200,
    );
    await server.line("log file is written again", before);
    rmSync(logs("common.log"));
  });

  it("what was on stdout when the process was killed is in the file", async () => {
    await deliver();
    const last = await Promise.all(Array.from({ length: 20 }, provoke));
    server.signal("SIGKILL");
    await server.exited;
    const kept = readFileSync(logs("memory.log"), "utf8");
    assert.deepEqual(
      last.filter((id) => !kept.includes(id)),
      [],
    );
  });

  it("have the last line of a server that is asked to end", async () => {
    const again = await startServer(stage, { server: "memory" });
    again.signal("SIGTERM");
    assert.equal(await again.exited, 0);
    assert.equal(lines(join(again.state, "logs", "memory.log")).at(-1)?.msg, "stopped");
    await again.end();
  });
});
