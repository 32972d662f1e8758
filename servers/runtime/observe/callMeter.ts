/** Calls of tools since the last look. */
export interface CallCounts {
  readonly requests: number;
  readonly responses: number;
  /** Of the responses. */
  readonly errors: number;
  /** Milliseconds of responses; a sample of them when there were many. */
  readonly latencies: readonly number[];
}

/** Hears of every call, beside the counts. */
export type CallListener = (tool: string, failed: boolean, milliseconds: number) => void;

const keptLatencies = 5000;
const keptClients = 10_000;

/** Counts calls. What it does per call is a few additions, as every call pays for it. */
export class CallMeter {
  #requests = 0;
  #responses = 0;
  #errors = 0;
  #latencies: number[] = [];
  #clients = new Set<string>();
  #lastLatency: number | undefined;
  readonly #listener: CallListener | undefined;
  readonly #random: () => number;

  constructor(listener?: CallListener, random: () => number = Math.random) {
    this.#listener = listener;
    this.#random = random;
  }

  /** Runs a call and counts it; one whose result says that it failed is an error. */
  async measure<T extends { isError?: boolean | undefined }>(
    tool: string,
    client: string,
    call: () => Promise<T>,
  ): Promise<T> {
    const start = performance.now();
    this.began(client);
    let failed = true;
    try {
      const result = await call();
      failed = result.isError === true;
      return result;
    } finally {
      this.ended(tool, failed, performance.now() - start);
    }
  }

  began(client: string): void {
    this.#requests += 1;
    if (this.#clients.size < keptClients) this.#clients.add(client);
  }

  ended(tool: string, failed: boolean, milliseconds: number): void {
    this.#responses += 1;
    if (failed) this.#errors += 1;
    this.#lastLatency = milliseconds;
    if (this.#latencies.length < keptLatencies) this.#latencies.push(milliseconds);
    else {
      // Every response has the same chance to be among those kept.
      const place = Math.floor(this.#random() * this.#responses);
      if (place < keptLatencies) this.#latencies[place] = milliseconds;
    }
    this.#listener?.(tool, failed, milliseconds);
  }

  /** Of the latest answer, in milliseconds. */
  get lastLatency(): number | undefined {
    return this.#lastLatency;
  }

  take(): CallCounts {
    const counts = {
      requests: this.#requests,
      responses: this.#responses,
      errors: this.#errors,
      latencies: this.#latencies,
    };
    this.#requests = this.#responses = this.#errors = 0;
    this.#latencies = [];
    return counts;
  }

  /** How many clients called since the last time this was asked. */
  takeClients(): number {
    const { size } = this.#clients;
    this.#clients = new Set();
    return size;
  }
}

/** The value below which the share of the values lies (nearest rank); undefined for none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
