import type { IncomingMessage, ServerResponse } from "node:http";
import { sendRefusal } from "./refusal.ts";

/** Liveness only: the process answers. Says nothing else, because anybody may ask. */
export function sendHealth(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    sendRefusal(response, { status: 405, message: "use GET", headers: { allow: "GET, HEAD" } });
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : '{"status":"ok"}\n');
}
