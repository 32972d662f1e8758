import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./sinkMessages.ts";
import type { SinkOptions } from "./sinkOptions.ts";

/** How a sink is. */
export interface SinkCondition {
  readonly name: SinkOptions["kind"];
  /** Code of what keeps lines from being delivered; undefined while they arrive. */
  readonly problem: string | undefined;
  readonly delivered: number;
  /** Lines that were given up: the queue was full, or the destination refused them. */
  readonly dropped: number;
}

/** Lines, and characters, that wait at most; further ones are dropped. */
const queuedLines = 10_000;
const queuedCharacters = 8_000_000;
/** Lines that the worker has in hand at most. */
const batchLines = 500;
/** Lines are handed over together after this time. */
const gatherMilliseconds = 50;
/** A worker that ended is started again after this time. */
const restartMilliseconds = 5000;

/**
 * Log lines to a destination that may be slow, away or wrong: a thread delivers them, and nothing that happens
 * there holds the server up. The thread is started with the first line.
 */
export class Sink {
  readonly options: SinkOptions;
  #worker: Worker | undefined;
  #waiting: string[] = [];
  #characters = 0;
  #inHand = 0;
  #timer: NodeJS.Timeout | undefined;
  #problem: string | undefined;
  #delivered = 0;
  #dropped = 0;
  #closing = false;
  #settled: (() => void) | undefined;

  constructor(options: SinkOptions) {
    this.options = options;
  }

  get condition(): SinkCondition {
    return {
      name: this.options.kind,
      problem: this.#problem,
      delivered: this.#delivered,
      dropped: this.#dropped,
    };
  }

  write(line: string): void {
    if (this.#waiting.length >= queuedLines || this.#characters + line.length > queuedCharacters) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#characters += line.length;
    this.#timer ??= setTimeout(() => this.#handOver(), gatherMilliseconds).unref();
  }

  /** Delivers what waits, for at most so long; what is left then is dropped. */
  async close(milliseconds: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    if (this.#waiting.length + this.#inHand > 0) {
      const settled = new Promise<void>((resolve) => (this.#settled = resolve));
      const limit = new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
      this.#handOver();
      await Promise.race([settled, limit]);
    }
    this.#dropped += this.#waiting.length + this.#inHand;
    this.#waiting = [];
    await this.#worker?.terminate();
  }

  #handOver(): void {
    this.#timer = undefined;
    if (this.#inHand > 0 || this.#waiting.length === 0) return;
    const worker = (this.#worker ??= this.#start());
    const lines = this.#waiting.splice(0, batchLines);
    for (const line of lines) this.#characters -= line.length;
    this.#inHand = lines.length;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage({ lines } satisfies ToWorker);
  }

  #start(): Worker {
    // No variables of the environment, and a bound on what a library there may pile up.
    const worker = new Worker(new URL("./sinkWorker.ts", import.meta.url), {
      workerData: this.options,
      name: `sink ${this.options.kind}`,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    worker.unref();
    worker.on("message", (message: FromWorker) => this.#hear(message));
    worker.on("error", (error) => (this.#problem = error.name));
    worker.on("exit", () => this.#ended(worker));
    return worker;
  }

  #hear(message: FromWorker): void {
    if ("problem" in message) {
      this.#problem = message.problem;
      return;
    }
    this.#problem = undefined;
    this.#inHand = 0;
    this.#delivered += message.done - message.lost;
    this.#dropped += message.lost;
    if (this.#waiting.length > 0) this.#handOver();
    else this.#settled?.();
  }

  /** What it had in hand may or may not have arrived, and is not sent twice. */
  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    if (this.#closing) return;
    this.#problem ??= "ended";
    this.#dropped += this.#inHand;
    this.#inHand = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#handOver(), restartMilliseconds).unref();
  }
}
