import assert from "node:assert/strict";
import { Sink } from "#servers/runtime/logging/sink.ts";
import type { SinkOptions } from "#servers/runtime/logging/sinkOptions.ts";
import { listenTcp } from "#test/integration/servers/logListeners.ts";
import type { Listener } from "#test/integration/servers/logListeners.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";

const line = (text: string) =>
  `${JSON.stringify({ level: "info", time: "2026-01-01T00:00:00.000Z", server: "x", msg: text })}\n`;

describe("a sink", function () {
  this.timeout(60_000);

  async function delivered(listener: Listener, options: SinkOptions): Promise<void> {
    const sink = new Sink(options);
    for (let count = 0; count < 1200; count += 1) sink.write(line(`line ${count};`));
    await listener.message(/line 1199;/);
    await sink.close(20_000);
    assert.deepEqual([sink.condition.delivered, sink.condition.dropped], [1200, 0]);
    assert.equal(listener.received.length, 1200);
    await listener.close();
  }

  it("delivers each line once by TCP, and knows that it did", async () => {
    const listener = await listenTcp();
    const { port } = listener;
    await delivered(listener, {
      kind: "syslog",
      host: "localhost",
      port,
      facility: 16,
      protocol: "tcp",
      app: "x",
    });
  });

  it("delivers each line once by TLS, and knows that it did", async () => {
    const pair = selfSigned();
    const listener = await listenTcp(pair);
    const ca = pair.certificate;
    await delivered(listener, { kind: "logstash", host: "localhost", port: listener.port, index: "i", ca });
  });

  it("keeps a bounded number of lines while it is down, and counts the others as dropped", async () => {
    const gone = await listenTcp();
    await gone.close();
    const sink = new Sink({
      kind: "logstash",
      host: "localhost",
      port: gone.port,
      index: "i",
      ca: undefined,
    });
    for (let count = 0; count < 12_000; count += 1) sink.write(line("x"));
    assert.equal(sink.condition.dropped, 2000);
    await sink.close(100);
    assert.equal(sink.condition.dropped, 12_000);
  });
});
