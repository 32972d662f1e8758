import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { post, request } from "#test/integration/servers/request.ts";
import { startServer } from "#test/integration/servers/serverProcess.ts";
import type { ServerProcess } from "#test/integration/servers/serverProcess.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import { containerMegabytes, imageEnv } from "./imageEnv.ts";

// Good and hostile traffic side by side against the postgres server, as its image runs it, and what it holds before and
// after: memory, file descriptors, sessions in PostgreSQL. Bars: every good call is answered; memory stays below what
// the container has, and grows by a tenth at most after the first minute; three more sessions and five more descriptors
// at most. Five minutes; run with node, the file takes another number.
const minutes = Number(process.argv[2] ?? 5);
const settleMilliseconds = 35_000;

const stage = await readyStage();
const server = await startServer(stage, {
  env: imageEnv(),
  overrides: {
    postgres: { security: { rateLimit: { requestsPerMinute: 1_000_000, burst: 1_000_000 } } },
    access: { access: { rateLimit: { maxRequests: 1_000_000, windowMs: 1000 } } },
  },
});
/** How much more there may be at the end. */
const tolerated: Record<string, (before: number) => number> = {
  "resident memory (MB)": (before) => Math.min(before / 10, containerMegabytes - before),
  "open file descriptors": () => 5,
  // One of each of the three pools may just have been used.
  "sessions in PostgreSQL": () => 3,
};
const counts = { answered: 0, refused: 0, unanswered: 0 };
const key = { "X-API-Key": stage.keys.default };

try {
  await traffic(Date.now() + 60_000);
  await sleep(settleMilliseconds);
  const before = await held();
  await traffic(Date.now() + minutes * 60_000);
  await sleep(settleMilliseconds);
  const after = await held();
  console.log(`${minutes} min: ${JSON.stringify(counts)}`);
  for (const [what, value] of Object.entries(before)) {
    const more = after[what]! - value;
    const within = more <= tolerated[what]!(value);
    console.log(
      `  ${what.padEnd(28)} before ${value}, after ${after[what]!} (${within ? "held" : "MISSED"})`,
    );
    if (!within) process.exitCode = 1;
  }
  if (counts.unanswered > 0) process.exitCode = 1;
} finally {
  await server.end();
  await stage.stop();
}

async function traffic(until: number): Promise<void> {
  await Promise.all([
    good(until),
    good(until),
    badBodies(until),
    slowBodies(until),
    halfOpen(until),
    vanishing(until),
  ]);
}

/** Every one of these must be answered, whatever the others do. */
async function good(until: number): Promise<void> {
  while (Date.now() < until) {
    const sql = "SELECT count(*) FROM configuration_files";
    const answer = await post(server, "tools/call", { name: "execute_query", arguments: { sql } }, key).catch(
      () => undefined,
    );
    if (answer?.status === 200 && answer.text.includes("count")) counts.answered += 1;
    else counts.unanswered += 1;
    await sleep(20);
  }
}

async function badBodies(until: number): Promise<void> {
  const bodies = [
    "{",
    "[".repeat(10_000) + "]".repeat(10_000),
    "null",
    '{"jsonrpc":"1.0"}',
    "x".repeat(100_000),
  ];
  for (let turn = 0; Date.now() < until; turn += 1) {
    const headers = { ...key, "content-type": "application/json", accept: "application/json" };
    const init = { method: "POST", headers, body: bodies[turn % bodies.length]! };
    const answer = await request(server, init).catch(() => undefined);
    if (answer && answer.status >= 400) counts.refused += 1;
    await sleep(20);
  }
}

/** Bodies that come byte by byte, of clients with a key: they wait in the server until its time-out. */
async function slowBodies(until: number): Promise<void> {
  while (Date.now() < until) {
    const body = new ReadableStream({
      async pull(controller) {
        await sleep(1000);
        if (Date.now() < until) controller.enqueue(new TextEncoder().encode(" "));
        else controller.close();
      },
    });
    const headers = { ...key, "content-type": "application/json", accept: "application/json" };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    await request(server, init).catch(() => undefined);
  }
}

async function halfOpen(until: number): Promise<void> {
  while (Date.now() < until) {
    const sockets = Array.from({ length: 40 }, () => connect(server.port, "127.0.0.1").on("error", () => {}));
    await sleep(500);
    for (const socket of sockets) socket.destroy();
  }
}

/** Clients that leave while their statement runs. */
async function vanishing(until: number): Promise<void> {
  while (Date.now() < until) {
    const sql = "SELECT pg_sleep(5)";
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "execute_query", arguments: { sql } },
    });
    const headers = {
      ...key,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    await request(server, { method: "POST", headers, body, signal: AbortSignal.timeout(100) }).catch(
      () => {},
    );
  }
}

async function held(): Promise<Record<string, number>> {
  return {
    "resident memory (MB)": residentMegabytes(server),
    "open file descriptors": readdirSync(`/proc/${server.pid}/fd`).length,
    "sessions in PostgreSQL": await stage.asSuperuser(async (client) => {
      const { rows } = await client.query<{ count: number }>(
        "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE usename LIKE 'postgres\\_%'",
      );
      return rows[0]!.count;
    }),
  };
}

function residentMegabytes({ pid }: ServerProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Math.round(Number(kilobytes) / 1024);
}
