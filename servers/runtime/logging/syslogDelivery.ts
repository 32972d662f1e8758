import { hostname } from "node:os";
import buildSyslog from "pino-syslog";
import type { Delivery } from "./delivery.ts";
import type { SinkOptions } from "./sinkOptions.ts";
import { openDatagrams, openStream } from "./socketDelivery.ts";

/** As pino counts them, which is what the transport turns into severities. */
const levelNumbers: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};

/** RFC 5424, the whole line as the message; over TCP each message ends with a line break (RFC 6587 §3.4.2). */
export async function openSyslog(options: SinkOptions & { kind: "syslog" }): Promise<Delivery> {
  const { protocol, facility, app } = options;
  const delivery = await (protocol === "udp" ? openDatagrams(options) : openStream(options));
  const format = buildSyslog({
    enablePipelining: true,
    modern: true,
    appname: app,
    facility,
    newline: protocol === "tcp",
  });
  return {
    async send(lines) {
      const messages: string[] = [];
      for (const line of lines) {
        const message = new Promise<string>((resolve) =>
          format.once("data", (text) => resolve(String(text))),
        );
        format.write(`${JSON.stringify(numbered(line))}\n`);
        messages.push(await message);
      }
      return delivery.send(messages);
    },
    close() {
      format.destroy();
      delivery.close();
    },
  };
}

/** The fields that the transport reads, in its units. */
function numbered(line: string): object {
  const event = JSON.parse(line) as { level: string; time: string };
  return {
    ...event,
    level: levelNumbers[event.level] ?? 30,
    time: Date.parse(event.time),
    hostname: hostname(),
    pid: process.pid,
  };
}
