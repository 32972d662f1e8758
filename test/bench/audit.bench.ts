import { fileURLToPath } from "node:url";
import { startServer } from "#test/integration/servers/serverProcess.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import { echoClient } from "./echoClient.ts";
import type { EchoClient } from "./echoClient.ts";
import { quantile } from "./quantile.ts";

// What a record in audit_logs costs a call: without one, with one that may lag (reads), and with one that lies on disk
// before the answer (writes), by turns.
const rounds = 9;
const callsPerRound = 200;
const rateMilliseconds = 1500;
const inFlight = 10;

const program = fileURLToPath(new URL("echoRuntime.ts", import.meta.url));
const stage = await readyStage();
const endings: (() => Promise<unknown>)[] = [() => stage.stop()];
try {
  const start = async (auditLogging: boolean) => {
    const server = await startServer(stage, {
      server: "compliance",
      program,
      overrides: {
        compliance: {
          security: { auditLogging, rateLimit: { requestsPerMinute: 1_000_000, burst: 1_000_000 } },
        },
        access: { access: { rateLimit: { maxRequests: 1_000_000, windowMs: 1000 } } },
      },
    });
    endings.push(() => server.end());
    return server;
  };
  const [silent, recording] = [await start(false), await start(true)];
  const client = (name: string, server: typeof silent, tool: "echo" | "echo_write" = "echo") =>
    echoClient(name, `https://localhost:${server.port}`, server.ca(), stage.keys.default, tool);
  const clients = [
    client("read, not recorded", silent),
    client("read, recorded", recording),
    client("write, recorded on disk before the answer", recording, "echo_write"),
  ];
  for (const each of clients) endings.push(() => each.close());
  await compare(clients);
} finally {
  for (const end of endings.toReversed()) await end();
}

async function compare(clients: readonly EchoClient[]): Promise<void> {
  const times = new Map(clients.map((client) => [client, [] as number[]]));
  const rates = new Map(clients.map((client) => [client, [] as number[]]));
  for (const client of clients) await client.rate(inFlight, rateMilliseconds);
  for (let round = 0; round < rounds; round++) {
    for (const client of clients) times.get(client)!.push(...(await client.sequence(callsPerRound)));
    for (const client of clients) rates.get(client)!.push(await client.rate(inFlight, rateMilliseconds));
  }
  const [reference] = clients;
  const p50 = (client: EchoClient) => quantile(times.get(client)!, 0.5);
  const rate = (client: EchoClient) => quantile(rates.get(client)!, 0.5);
  console.log(`A trivial call (${rounds} rounds by turns; one at a time, then ${inFlight} in flight)`);
  for (const client of clients) {
    const added = p50(client) - p50(reference!);
    const share = rate(client) / rate(reference!);
    console.log(
      `  ${client.name.padEnd(44)} p50 ${p50(client).toFixed(2)} ms (adds ${added.toFixed(2)}); ${rate(client).toFixed(0)} calls/s (${share.toFixed(2)})`,
    );
  }
}
