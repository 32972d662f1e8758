import assert from "node:assert/strict";
import { pino } from "pino";
import { z } from "zod";
import { callTool } from "#servers/runtime/callTool.ts";
import { TokenBuckets } from "#servers/runtime/limits/tokenBuckets.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { Permission } from "#servers/runtime/tool.ts";
import { memoryAuditor } from "./memoryAuditor.ts";

const call = {
  caller: { client: "default", role: "user", servers: ["postgres"], keyId: "default.1" },
  requestId: "r1",
  address: "192.0.2.1",
  signal: new AbortController().signal,
};

function stage(permission: Permission, buckets = new TokenBuckets(10)) {
  const auditor = memoryAuditor();
  let runs = 0;
  const tool = defineTool({
    name: "t",
    title: "T",
    description: "",
    permission,
    annotations: {},
    input: z.object({}),
    output: z.object({}),
    run: () => Promise.resolve(((runs += 1), {})),
  });
  const log = pino({ level: "silent" });
  const options = {
    log,
    callLog: log,
    timeout: 1000,
    auditor,
    limits: { buckets, rate: { enabled: true, requestsPerMinute: 1, burst: 3 } },
    recordReads: true,
  };
  return { auditor, runs: () => runs, once: () => callTool(tool, {}, call, options) };
}

async function refusals({ once }: ReturnType<typeof stage>): Promise<number> {
  let refused = 0;
  for (let count = 0; count < 5; count += 1) refused += (await once()).isError === true ? 1 : 0;
  return refused;
}

describe("the limit around a call", () => {
  it("refuses what is too often, and does not run it", async () => {
    const limited = stage("read");
    assert.equal(await refusals(limited), 2);
    assert.equal(limited.runs(), 3);
  });

  it("is what refuses: without the check all calls run (control)", async () => {
    const unlimited = new TokenBuckets(10);
    unlimited.take = () => undefined;
    const open = stage("read", unlimited);
    assert.equal(await refusals(open), 0);
    assert.equal(open.runs(), 5);
  });
});

describe("the record around a call", () => {
  it("is safe before the answer for what writes or executes, and soon for what reads", async () => {
    for (const [permission, mode] of [
      ["read", "soon"],
      ["write", "before-answer"],
      ["execute", "before-answer"],
    ] as const) {
      const { auditor, once } = stage(permission);
      await once();
      assert.deepEqual(
        auditor.events.map((event) => [event.action, event.outcome, event.mode]),
        [["t", "success", mode]],
      );
    }
  });

  it("that cannot be kept is a reason not to run", async () => {
    const full = stage("write");
    full.auditor.full = true;
    assert.match(JSON.stringify(await full.once()), /nothing was done/);
    assert.equal(full.runs(), 0);
  });
});
