import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serverNames } from "#model/names.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { startServer } from "#test/integration/servers/serverProcess.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import { echoClient } from "./echoClient.ts";
import type { EchoClient } from "./echoClient.ts";
import { imageEnv } from "./imageEnv.ts";
import { quantile } from "./quantile.ts";

// What the runtime (TLS, keys, roles, limits, audit, metrics) adds to a call, against the protocol library's own
// server with the same TLS and without, by turns; then how long each server takes from its start to ready, and
// what it holds when nothing happens. Bars: 1 ms at the median, 60 % of the calls per second, 1.5 s, 90 MB.
const rounds = 9;
const callsPerRound = 200;
const rateMilliseconds = 1500;
const inFlight = 10;
/** In force, but above what any client reaches. */
const unreachable = {
  postgres: { security: { rateLimit: { requestsPerMinute: 1_000_000, burst: 1_000_000 } } },
  access: { access: { rateLimit: { maxRequests: 1_000_000, windowMs: 1000 } } },
};

const folder = mkdtempSync(join(tmpdir(), "bench-runtime-"));
const pair = selfSigned();
const [certificate, privateKey] = [join(folder, "cert"), join(folder, "key")];
writeFileSync(certificate, pair.certificate);
writeFileSync(privateKey, pair.privateKey);
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const stage = await readyStage();
const endings: (() => Promise<unknown>)[] = [() => stage.stop()];
try {
  await compareCalls();
  await measureServers();
} finally {
  for (const end of endings.toReversed()) await end();
  rmSync(folder, { recursive: true });
}

async function compareCalls(): Promise<void> {
  const ours = await startServer(stage, {
    program: path("echoRuntime.ts"),
    certificate: pair,
    env: imageEnv(),
    overrides: unreachable,
  });
  endings.push(() => ours.end());
  const origin = `https://localhost:${ours.port}`;
  const runtime = echoClient("runtime, HTTPS", origin, pair.certificate, stage.keys.default);
  const [withTls, without] = [await bare([certificate, privateKey]), await bare([])];
  const bareTls = echoClient("library alone, HTTPS", `https://localhost:${withTls}`, pair.certificate);
  const barePlain = echoClient("library alone, HTTP", `http://localhost:${without}`);
  const clients = [bareTls, runtime, barePlain];
  for (const client of clients) endings.push(() => client.close());

  const times = new Map(clients.map((client) => [client, [] as number[]]));
  const rates = new Map(clients.map((client) => [client, [] as number[]]));
  for (const client of clients) await client.rate(inFlight, rateMilliseconds);
  for (let round = 0; round < rounds; round++) {
    for (const client of clients) times.get(client)!.push(...(await client.sequence(callsPerRound)));
    for (const client of clients) rates.get(client)!.push(await client.rate(inFlight, rateMilliseconds));
  }
  const p50 = (client: EchoClient) => quantile(times.get(client)!, 0.5);
  const rate = (client: EchoClient) => quantile(rates.get(client)!, 0.5);
  console.log(`A trivial tool call (${rounds} rounds by turns; one at a time, then ${inFlight} in flight)`);
  for (const client of clients) {
    const all = times.get(client)!;
    const latency = `p50 ${p50(client).toFixed(2)} ms, p95 ${quantile(all, 0.95).toFixed(2)} ms`;
    console.log(`  ${client.name.padEnd(24)} ${latency}; ${rate(client).toFixed(0)} calls/s`);
  }
  for (const reference of [bareTls, barePlain]) {
    const added = p50(runtime) - p50(reference);
    const share = rate(runtime) / rate(reference);
    console.log(
      `  against ${reference.name}: adds ${added.toFixed(2)} ms at p50, ratio of calls/s ${share.toFixed(2)}`,
    );
  }
  verdict("added p50, same TLS", p50(runtime) - p50(bareTls), 1, "ms");
  verdict("calls/s lost, same TLS", 100 * (1 - rate(runtime) / rate(bareTls)), 40, "%");
}

async function measureServers(): Promise<void> {
  console.log("\nEach server, alone on the machine, from compiled code as in the image");
  const env = { NODE_COMPILE_CACHE: join(folder, "compiled"), ...imageEnv() };
  for (const server of serverNames) {
    const starts: number[] = [];
    const sizes: number[] = [];
    for (let round = 0; round < 4; round++) {
      const began = performance.now();
      const running = await startServer(stage, { server, certificate: pair, env });
      const took = performance.now() - began;
      await sleep(5000);
      // The first start compiles; one that ends by itself keeps what it compiled.
      if (round > 0) {
        starts.push(took);
        sizes.push(ownMegabytes(running.pid));
      }
      running.signal("SIGTERM");
      await running.exited;
      await running.end();
    }
    verdict(`${server}: start to ready`, quantile(starts, 0.5) / 1000, 1.5, "s");
    verdict(`${server}: own memory after 5 s idle`, quantile(sizes, 0.5), 90, "MB");
  }
}

async function bare(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [path("echoBare.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: imageEnv(),
  });
  const ended = once(child, "close");
  endings.push(() => {
    child.kill("SIGKILL");
    return ended;
  });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return Number(port.toString());
}

function verdict(what: string, value: number, bar: number, unit: string): void {
  const held = value <= bar;
  console.log(
    `  ${what.padEnd(36)} ${value.toFixed(2)} ${unit} (bar ${bar} ${unit}: ${held ? "held" : "MISSED"})`,
  );
  if (!held) process.exitCode = 1;
}

/** Without the pages of the Node.js binary, which all servers of a machine share. */
function ownMegabytes(pid: number): number {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) / 1024;
}
