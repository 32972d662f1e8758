import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import { sendRefusal } from "#servers/runtime/refusal.ts";
import { checkRequestOrigin } from "#servers/runtime/requestOrigin.ts";

export type Serve = (request: IncomingMessage, response: ServerResponse, loaded: Loaded) => Promise<void>;

const mostConnections = 50;
const requestMilliseconds = 10_000;
/** A port that cannot be had is tried again after this time. */
const retryMilliseconds = 5000;

/**
 * HTTPS for metrics, health and information: on the host of the MCP port, with its certificate. It listens where the
 * files in force say; a port that is taken is said in the log and tried again, and ends nothing.
 */
export class MetricsListener {
  readonly #serve: Serve;
  readonly #log: Log;
  #server: Server | undefined;
  #where = "";
  #timer: NodeJS.Timeout | undefined;
  #applied: Promise<void> = Promise.resolve();

  constructor(serve: Serve, log: Log) {
    this.#serve = serve;
    this.#log = log;
  }

  /** Resolves when it listens there, or cannot. */
  apply(loaded: Loaded): Promise<void> {
    this.#applied = this.#applied.then(() => this.#apply(loaded));
    return this.#applied;
  }

  async end(): Promise<void> {
    await this.#applied;
    clearTimeout(this.#timer);
    this.#close();
  }

  async #apply(loaded: Loaded): Promise<void> {
    clearTimeout(this.#timer);
    this.#server?.removeAllListeners("request");
    this.#server?.on("request", (request, response) => this.#answer(request, response, loaded));
    this.#server?.setSecureContext(loaded.tls);
    const { host } = loaded.config.server;
    const { port } = loaded.metrics;
    if (this.#where === `${host} ${port}`) return;
    this.#close();
    const server = createServer({
      ...loaded.tls,
      handshakeTimeout: requestMilliseconds,
      headersTimeout: requestMilliseconds,
      requestTimeout: requestMilliseconds,
      maxHeaderSize: 16 * 1024,
    });
    server.maxConnections = mostConnections;
    server.on("request", (request, response) => this.#answer(request, response, loaded));
    try {
      server.listen(port, host);
      await once(server, "listening");
      this.#server = server;
      this.#where = `${host} ${port}`;
      this.#log.info({ port }, "metrics and health listen");
    } catch (error) {
      this.#log.error({ port, err: error }, "metrics and health cannot listen; it is tried again");
      this.#timer = setTimeout(() => void this.apply(loaded), retryMilliseconds).unref();
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse, loaded: Loaded): void {
    const foreign = checkRequestOrigin(request.headers, loaded.config.security);
    if (foreign) return sendRefusal(response, foreign);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return sendRefusal(response, { status: 405, message: "use GET", headers: { allow: "GET, HEAD" } });
    }
    this.#serve(request, response, loaded).catch((error: unknown) => {
      this.#log.error({ err: error }, "request for metrics failed");
      response.destroy();
    });
  }

  #close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
    this.#where = "";
  }
}
