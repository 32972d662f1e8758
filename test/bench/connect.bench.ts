import { performance } from "node:perf_hooks";
import type { Client } from "@modelcontextprotocol/client";
import { withMcpClient } from "#gate/mcpClient.ts";
import { makeHome } from "#test/integration/connectProcess.ts";
import { testServer } from "#test/integration/connectServer.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { quantile } from "./quantile.ts";

// What the bridge adds to a call: the same calls, one after the other, by the official client over HTTPS and
// through the bridge, in turns; and the time from the bridge's start to its first answer. Bar: 5 ms per call.
const turns = 20;
const callsPerTurn = 50;
const key = `kcp_${"b".repeat(32)}`;

const pair = selfSigned();
const server = await testServer(key, pair);
const access = { endpoints: { postgres: server.url }, ca: pair.certificate, keys: { default: key } };
const home = makeHome(access);

async function time(client: Client): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < callsPerTurn; count++) {
    const began = performance.now();
    await client.callTool({ name: "echo", arguments: { value: "x".repeat(1000) } });
    times.push(performance.now() - began);
  }
  return times;
}

for (const era of ["legacy", "auto"] as const) {
  await withMcpClient({ url: server.url, ca: pair.certificate, apiKey: key, era }, async (direct) => {
    const began = performance.now();
    const { client, close } = await home.connect(era);
    await client.listTools();
    const start = performance.now() - began;
    const plain: number[] = [];
    const bridged: number[] = [];
    await time(direct);
    await time(client);
    for (let turn = 0; turn < turns; turn++) {
      plain.push(...(await time(direct)));
      bridged.push(...(await time(client)));
    }
    await close();
    const [a, b] = [quantile(plain, 0.5), quantile(bridged, 0.5)];
    const added = b - a;
    console.log(
      [
        `bridge, ${era === "legacy" ? "2025-11-25" : "2026-07-28"}: direct ${a.toFixed(2)} ms, bridged ${b.toFixed(2)} ms`,
        `ratio ${(b / a).toFixed(2)}, adds ${added.toFixed(2)} ms at the median, ${(quantile(bridged, 0.95) - quantile(plain, 0.95)).toFixed(2)} ms at p95 (bar 5 ms: ${added < 5 ? "held" : "MISSED"})`,
        `first answer ${start.toFixed(0)} ms after the start`,
      ].join("; "),
    );
    if (added >= 5) process.exitCode = 1;
  });
}
home.remove();
await server.stop();
