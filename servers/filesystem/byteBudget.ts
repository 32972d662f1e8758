/**
 * Bytes that calls hold in memory at once; who comes first is served first. A call that wants more than there are in
 * all gets them all, alone.
 */
export class ByteBudget {
  readonly #total: number;
  #free: number;
  readonly #waiting: { readonly share: number; readonly start: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Runs `work` when its bytes are free. @throws the signal's reason if that aborts before */
  async hold<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const share = Math.min(bytes, this.#total);
    await this.#turn(share, signal);
    try {
      return await work();
    } finally {
      this.#free += share;
      this.#startNext();
    }
  }

  async #turn(share: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { share, start: resolve };
    const giveUp = (): void => {
      const at = this.#waiting.indexOf(entry);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      reject(signal.reason as Error);
      this.#startNext();
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#waiting.push(entry);
    this.#startNext();
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next && next.share <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.share;
      next.start();
    }
  }
}
