import type { IncomingMessage, ServerResponse } from "node:http";
import type { Access } from "#servers/runtime/access/access.ts";
import { refusedPermission } from "#servers/runtime/access/permissions.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import { sendRefusal } from "#servers/runtime/refusal.ts";
import type { Refusal } from "#servers/runtime/refusal.ts";
import { isReady } from "./condition.ts";
import type { ServerCondition } from "./condition.ts";
import type { Serve } from "./metricsListener.ts";

interface Text {
  readonly contentType: string;
  readonly text: string;
}

const types = { json: "application/json" } as const;

export interface EndpointOptions {
  readonly server: string;
  readonly access: Pick<Access, "addressOf" | "authenticate">;
  /** How the server is now; looks at the database at most every two seconds. */
  readonly condition: () => Promise<ServerCondition>;
  /** The metrics for scrapers, by the form that they read. */
  readonly exposition: Readonly<Record<"prometheus", () => Promise<Text>>>;
  readonly metrics: () => Promise<object>;
  readonly information: () => object;
}

/** What answers on the paths of `metrics.json`. An endpoint that is switched off is not there. */
export function serveEndpoints(options: EndpointOptions): Serve {
  return async (request, response, loaded) => {
    const path = (request.url ?? "/").split("?", 1)[0];
    const { metrics } = loaded;
    const { prometheus, health, info, metrics: json } = metrics.endpoints;
    if (health.enabled && path === health.path) return sendHealth(request, response, loaded, options);
    if (health.enabled && path === `${health.path}/live`) {
      return send(request, response, 200, { contentType: types[health.format], body: { status: "ok" } });
    }
    if (health.enabled && path === `${health.path}/ready`) {
      const condition = await options.condition();
      return sendCondition(request, response, loaded, options, { condition, mustBeReady: true });
    }
    if (prometheus.enabled && metrics.enabled && path === metrics.path) {
      if (!(await mayRead(request, response, loaded, options))) return;
      return sendText(request, response, 200, await options.exposition[prometheus.format]());
    }
    if (info.enabled && path === info.path) {
      if (!(await mayRead(request, response, loaded, options))) return;
      return send(request, response, 200, { contentType: types[info.format], body: options.information() });
    }
    if (json.enabled && metrics.enabled && path === json.path) {
      if (!(await mayRead(request, response, loaded, options))) return;
      return send(request, response, 200, { contentType: types[json.format], body: await options.metrics() });
    }
    sendRefusal(response, { status: 404, message: "nothing is told here; metrics.json has the paths" });
  };
}

/** The server lives, since it answers; whether it is ready stands inside. */
async function sendHealth(
  request: IncomingMessage,
  response: ServerResponse,
  loaded: Loaded,
  options: EndpointOptions,
): Promise<void> {
  const condition = await options.condition();
  return sendCondition(request, response, loaded, options, { condition, mustBeReady: false });
}

async function sendCondition(
  request: IncomingMessage,
  response: ServerResponse,
  loaded: Loaded,
  options: EndpointOptions,
  { condition, mustBeReady }: { condition: ServerCondition; mustBeReady: boolean },
): Promise<void> {
  const ready = isReady(condition);
  const brief = { status: ready ? "ok" : "not ready", live: true, ready };
  const detailed = (await refusalOf(request, loaded, options)) === undefined;
  const contentType = types[loaded.metrics.endpoints.health.format];
  return send(request, response, ready || !mustBeReady ? 200 : 503, {
    contentType,
    body: detailed ? { ...brief, ...condition } : brief,
  });
}

async function mayRead(
  request: IncomingMessage,
  response: ServerResponse,
  loaded: Loaded,
  options: EndpointOptions,
): Promise<boolean> {
  const refusal = await refusalOf(request, loaded, options);
  if (refusal) sendRefusal(response, refusal);
  return refusal === undefined;
}

/** Undefined for a caller that may read on this server. */
async function refusalOf(
  request: IncomingMessage,
  loaded: Loaded,
  { server, access }: EndpointOptions,
): Promise<Refusal | undefined> {
  const from = access.addressOf(request);
  if ("problem" in from) return { status: 400, message: from.problem };
  const verdict = await access.authenticate({ headers: request.headers, from });
  if ("refusal" in verdict) return verdict.refusal;
  const { caller } = verdict;
  const problem = refusedPermission(server, "read", { caller, address: from.address }, loaded);
  return problem === undefined ? undefined : { status: 403, message: problem };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  { contentType, body }: { contentType: string; body: object },
): void {
  sendText(request, response, status, { contentType, text: `${JSON.stringify(body)}\n` });
}

function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  { contentType, text }: Text,
): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
