/**
 * The worker of one sink: delivers the lines that the server hands over, in order, and says when they are through.
 * What a destination does not take is tried again; the server hands over no more than a few lines meanwhile.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Delivery } from "./delivery.ts";
import type { FromWorker, ToWorker } from "./sinkMessages.ts";
import type { SinkOptions } from "./sinkOptions.ts";

const firstWaitMilliseconds = 250;
const longestWaitMilliseconds = 15_000;

const options = workerData as SinkOptions;
const port = parentPort!;
const tell = (message: FromWorker): void => port.postMessage(message);

let delivery: Delivery | undefined;
let before: Promise<void> = Promise.resolve();

port.on("message", (message: ToWorker) => {
  before = before.then(() => ("lines" in message ? deliver(message.lines) : end()));
});

function end(): void {
  delivery?.close();
  port.close();
}

async function deliver(lines: readonly string[]): Promise<void> {
  for (let wait = firstWaitMilliseconds; ; wait = Math.min(2 * wait, longestWaitMilliseconds)) {
    try {
      delivery ??= await open();
      tell({ done: lines.length, lost: await delivery.send(lines) });
      return;
    } catch (error) {
      delivery?.close();
      delivery = undefined;
      tell({ problem: problemOf(error) });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Each way brings its own library, so only the one that is needed is loaded. */
async function open(): Promise<Delivery> {
  if (options.kind === "syslog") {
    const { openSyslog } = await import("./syslogDelivery.ts");
    return openSyslog(options);
  }
  if (options.kind === "logstash") {
    const { openLogstash } = await import("./logstashDelivery.ts");
    return openLogstash(options);
  }
  const { openElasticsearch } = await import("./elasticsearchDelivery.ts");
  return openElasticsearch(options);
}

/** A code or a kind of error: messages may quote what was sent. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : error.name;
}
