import assert from "node:assert/strict";
import { buildFiles } from "#model/files/build.ts";
import { callTool } from "#servers/runtime/callTool.ts";
import type { CallOptions } from "#servers/runtime/callTool.ts";
import { TokenBuckets } from "#servers/runtime/limits/tokenBuckets.ts";
import { applyLogLevel, createLog, withoutRedaction } from "#servers/runtime/log.ts";
import { testFacts } from "#test/fileFacts.ts";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import { z } from "zod";
import { memoryAuditor } from "./memoryAuditor.ts";

const canary = "canary-3f9a";

function capture() {
  const lines: string[] = [];
  const log = createLog("postgres", () => ({ service: "mcp", environment: "test", version: "1" }), {
    write: (line) => void lines.push(line),
  });
  return { log, lines };
}

describe("the log", () => {
  it("is one JSON object per line with time, level, server and the configured fields", () => {
    const { log, lines } = capture();
    log.info({ answer: 42 }, "hello");
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(
      { ...line, time: "" },
      {
        time: "",
        level: "info",
        server: "postgres",
        service: "mcp",
        environment: "test",
        version: "1",
        answer: 42,
        msg: "hello",
      },
    );
  });

  it("writes no value of a field that is named like a secret, and of an error its name and code only", () => {
    const { log, lines } = capture();
    const error = Object.assign(new Error(`password ${canary}`), { code: "28P01", detail: canary });
    log.error(
      {
        password: canary,
        request: { headers: { a: canary }, authorization: canary, sql: canary },
        a: { b: { token: canary } },
      },
      "x",
    );
    log.error({ err: error }, "y");
    log.error({ error }, "z");
    assert.doesNotMatch(lines.join(""), new RegExp(canary));
    assert.deepEqual((JSON.parse(lines[1]!) as { err: unknown }).err, { name: "Error", code: "28P01" });
  });

  it("writes the same lines where nothing is secret, at the level of now", () => {
    const { log, lines } = capture();
    const plain = withoutRedaction(log);
    log.info({ err: new Error(canary), answer: 42 }, "hello");
    plain.info({ err: new Error(canary), answer: 42 }, "hello");
    const [one, other] = lines.map((line) => ({ ...(JSON.parse(line) as object), time: "" }));
    assert.deepEqual(one, other);
    log.level = "error";
    plain.info("not at this level");
    log.level = "debug";
    plain.debug("at this level");
    assert.equal(lines.length, 3);
  });

  it("obeys the level of the server's own file, which follows logging.json, and can be switched off", () => {
    const { log } = capture();
    const apply = (own: object) => {
      const files = { logging: { logging: { level: "ERROR" } }, postgres: { logging: own } };
      const { postgres, logging } = buildFiles(testFacts(), files);
      applyLogLevel(log, postgres, logging.logging);
      return log.level;
    };
    assert.equal(apply({}), "error");
    assert.equal(apply({ level: "DEBUG" }), "debug");
    assert.equal(apply({ enabled: false }), "silent");
  });
});

describe("a call of a tool", () => {
  const options = (log: CallOptions["log"], timeout = 1000): CallOptions => ({
    log,
    callLog: withoutRedaction(log),
    timeout,
    auditor: memoryAuditor(),
    limits: { buckets: new TokenBuckets(10), rate: { enabled: false, requestsPerMinute: 1, burst: 1 } },
    recordReads: true,
  });
  const call = {
    caller: { client: "default", role: "user", servers: ["postgres"], keyId: "default.1" },
    requestId: "r1",
    address: "192.0.2.1",
    signal: new AbortController().signal,
  };
  const tool = (run: (signal: AbortSignal) => Promise<object>) =>
    defineTool({
      name: "t",
      title: "T",
      description: "",
      permission: "read",
      annotations: {},
      input: z.object({}),
      output: z.looseObject({}),
      run: async (_args, { signal }) => ({ ...(await run(signal)) }),
    });

  it("answers in both forms", async () => {
    const { log, lines } = capture();
    const result = await callTool(
      tool(async () => ({ a: 1 })),
      {},
      call,
      options(log),
    );
    assert.deepEqual(result, { content: [{ type: "text", text: '{"a":1}' }], structuredContent: { a: 1 } });
    assert.match(
      lines[0]!,
      /"tool":"t","client":"default","keyId":"default.1","requestId":"r1","outcome":"success"/,
    );
  });

  it("tells the caller what was meant for it", async () => {
    const { log } = capture();
    const failing = tool(() => Promise.reject(new ToolError("42P01", "no such table")));
    const result = await callTool(failing, {}, call, options(log));
    assert.deepEqual(result, { content: [{ type: "text", text: "no such table" }], isError: true });
  });

  it("tells nothing of any other failure but the request's id", async () => {
    const { log, lines } = capture();
    const result = await callTool(
      tool(() => Promise.reject(new Error(canary))),
      {},
      call,
      options(log),
    );
    assert.equal(result.isError, true);
    assert.doesNotMatch(JSON.stringify(result) + lines.join(""), new RegExp(canary));
    assert.match(JSON.stringify(result), /request r1/);
  });

  it("ends at the server's time-out, and so does its work", async () => {
    const { log } = capture();
    const waiting = tool(
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("gone")))),
    );
    const result = await callTool(waiting, {}, call, options(log, 5));
    assert.match(JSON.stringify(result), /longer than 5 ms/);
  });
});
