import type { Delivery } from "./delivery.ts";
import type { SinkOptions } from "./sinkOptions.ts";
import { openStream } from "./socketDelivery.ts";

/** JSON lines with the fields that Logstash gives an event, and the index that its output may name. */
export async function openLogstash(options: SinkOptions & { kind: "logstash" }): Promise<Delivery> {
  const delivery = await openStream(options, options.ca);
  return {
    send: (lines) => delivery.send(lines.map((line) => event(line, options.index))),
    close: () => delivery.close(),
  };
}

function event(line: string, index: string): string {
  const fields = JSON.parse(line) as { time: string };
  return `${JSON.stringify({ "@timestamp": fields.time, "@version": "1", index, ...fields })}\n`;
}
