import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import type { ServerProcess } from "./serverProcess.ts";
import { request } from "./request.ts";
import type { Answer } from "./request.ts";

/** GET on the port of metrics and health. */
export function ask(
  server: ServerProcess,
  path: string,
  headers: Record<string, string> = {},
  port = server.metricsPort,
): Promise<Answer> {
  return request({ ...server, port }, { headers }, path);
}

/** Status of `/health` on that port for a request that names another host; fetch does not let one be set. */
export async function statusForHost(server: ServerProcess, host: string): Promise<number | undefined> {
  const asked = get({
    host: "localhost",
    port: server.metricsPort,
    path: "/health",
    ca: server.ca(),
    servername: "localhost",
    agent: false,
    headers: { host },
  });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** Asks until the answer is as wanted; the test's own limit of time ends it. */
export async function untilAnswer(
  question: () => Promise<Answer>,
  wanted: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await question().catch(() => undefined);
    if (answer && wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Value of a metric in Prometheus' text; labels as they stand, without `server`. */
export function metricValue(
  text: string,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  for (const line of text.split("\n")) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) continue;
    const found = Object.fromEntries(
      [...(match[2] ?? "").matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (Object.entries(labels).every(([key, value]) => found[key] === value)) return Number(match[3]);
  }
  return undefined;
}
