import { setTimeout as sleep } from "node:timers/promises";
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { JSONRPCMessage, JSONRPCRequest, RequestId, Transport } from "@modelcontextprotocol/client";
import { explain, type Served } from "./explain.ts";
import { failureOf, type Failure } from "./failure.ts";
import type { Material } from "./material.ts";
import { serverFetch } from "./serverFetch.ts";

export interface BridgeOptions extends Served {
  /** The client program's side. */
  readonly transport: Transport;
  /** What a request needs now. */
  readonly read: () => Material;
  /** Tools that may be called again when an answer was lost. */
  readonly repeatableTools: readonly string[];
  /** Milliseconds for which a request that can be repeated is repeated; default 10 000. */
  readonly patience?: number;
  /** Gets lines for people; they hold no secret. */
  readonly log: (line: string) => void;
}

/** A request of the client that has no answer yet. */
interface Pending {
  readonly cancelled: AbortController;
  /** Resolves when nothing remains to be done: the answer was passed on, or nobody wants it any more. */
  readonly settled: PromiseWithResolvers<undefined>;
}

const firstPauseMs = 100;
const longestPauseMs = 1_000;

/**
 * Carries messages of the protocol between a client program and one server, as they are, of whichever
 * revision. What it adds: certificates and key, patience while a server restarts, and an answer that says
 * what to do where the server gave none.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #http: StreamableHTTPClientTransport;
  readonly #connections: ReturnType<typeof serverFetch>;
  readonly #pending = new Map<RequestId, Pending>();
  /** Set by `initialize`, which revisions from 2026-07-28 on do not have. */
  #handshake: RequestId | undefined;
  #waiting = false;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#connections = serverFetch(options.read);
    // The address is found per request; the transport wants one to begin with.
    this.#http = new StreamableHTTPClientTransport(new URL("https://server.invalid/mcp"), {
      fetch: this.#connections.fetch,
    });
  }

  async start(): Promise<void> {
    const { transport } = this.#options;
    Object.assign(this.#http, { onmessage: (message: JSONRPCMessage) => this.#fromServer(message) });
    Object.assign(transport, {
      onmessage: (message: JSONRPCMessage) => this.#fromClient(message),
      onerror: (error: Error) => this.#options.log(`not understood: ${firstLine(error.message)}`),
    });
    await this.#http.start();
    await transport.start();
  }

  /** Ends every request under way; the server sees them as cancelled. */
  async end(): Promise<void> {
    for (const id of this.#pending.keys()) this.#settle(id)?.cancelled.abort();
    await this.#http.close();
    await this.#connections.end();
  }

  #fromClient(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) {
      void this.#ask(message);
      return;
    }
    if (isJSONRPCNotification(message) && message.method === "notifications/cancelled") {
      // Over HTTP, the end of the request's stream says it; servers without sessions know no other way.
      this.#settle(message.params?.["requestId"] as RequestId)?.cancelled.abort();
      if (this.#handshake === undefined) return;
    }
    this.#http.send(message).catch((error: unknown) => {
      this.#options.log(`not passed on: ${firstLine(failureOf(error).reason)}`);
    });
  }

  #fromServer(message: JSONRPCMessage): void {
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) {
      // Cancelled meanwhile: the client expects no answer any more.
      if (message.id === undefined || this.#settle(message.id) === undefined) return;
      if (message.id === this.#handshake && isJSONRPCResultResponse(message)) {
        const version = message.result["protocolVersion"];
        if (typeof version === "string") this.#http.setProtocolVersion(version);
      }
    }
    this.#toClient(message);
  }

  #settle(id: RequestId): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settled.resolve(undefined);
    return pending;
  }

  #toClient(message: JSONRPCMessage): void {
    this.#options.transport.send(message).catch(() => {
      // The client is gone; its end of input ends the bridge.
    });
  }

  /** Sends a request until it is answered, cancelled, or cannot be sent again. */
  async #ask(request: JSONRPCRequest): Promise<void> {
    if (request.method === "initialize") this.#handshake = request.id;
    const pending: Pending = { cancelled: new AbortController(), settled: Promise.withResolvers() };
    this.#pending.set(request.id, pending);
    const until = Date.now() + (this.#options.patience ?? 10_000);
    for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      const failure = await Promise.race([pending.settled.promise, this.#attempt(request, pending)]);
      if (failure === undefined) break;
      if (!this.#mayRepeat(request, failure) || Date.now() + pause > until) {
        return this.#answer(request, failure);
      }
      this.#noteWaiting(failure);
      await Promise.race([pending.settled.promise, sleep(pause)]);
      if (pending.cancelled.signal.aborted) return;
    }
    this.#waiting = false;
  }

  /** Resolves only if no answer can come any more. */
  #attempt(request: JSONRPCRequest, { cancelled }: Pending): Promise<Failure> {
    return new Promise((resolve) => {
      const onRequestStreamEnd = () => resolve({ kind: "lost", reason: "the answer ended early" });
      const options = { requestSignal: cancelled.signal, onRequestStreamEnd };
      this.#http.send(request, options).catch((error: unknown) => resolve(failureOf(error)));
    });
  }

  #mayRepeat(request: JSONRPCRequest, { kind }: Failure): boolean {
    if (kind === "undelivered") return true;
    if (kind !== "lost") return false;
    const { name } = request.params ?? {};
    return request.method !== "tools/call" || this.#options.repeatableTools.includes(String(name));
  }

  #answer({ id }: JSONRPCRequest, failure: Failure): void {
    this.#settle(id);
    const error = explain(failure, this.#options);
    // What the server itself answered is for the client alone.
    if (error !== failure.error) this.#options.log(firstLine(error.message));
    this.#toClient({ jsonrpc: "2.0", id, error });
  }

  /** Once per outage. */
  #noteWaiting({ reason }: Failure): void {
    if (!this.#waiting) this.#options.log(`waiting for the server (${firstLine(reason)})`);
    this.#waiting = true;
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
