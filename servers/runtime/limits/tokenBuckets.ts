/** How often something may happen. */
export interface Rate {
  /** On average. */
  readonly requestsPerMinute: number;
  /** At once, after a pause. */
  readonly burst: number;
}

export interface TooOften {
  /** Milliseconds after which there is room for one. */
  readonly retryMilliseconds: number;
  /** Whether the one before it was taken: the first refusal of a row of them. */
  readonly first: boolean;
}

interface Bucket {
  /** Tokens that lay in it at that time. */
  tokens: number;
  /** Milliseconds of the clock. */
  at: number;
  refused: boolean;
}

/**
 * A bucket of tokens per key, which holds `burst` and gets `requestsPerMinute` new ones. Unlike a count per window it
 * lets no double burst through at a window's edge, and who has to wait waits for one token instead of the window.
 *
 * A bucket that nobody used for long is full, so the least recently used ones are forgotten without harm.
 */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #capacity: number;
  readonly #now: () => number;

  /** @param capacity keys that are kept at most */
  constructor(capacity: number, now: () => number = () => performance.now()) {
    this.#capacity = capacity;
    this.#now = now;
  }

  /** Takes a token; undefined if there was one. */
  take(key: string, { requestsPerMinute, burst }: Rate): TooOften | undefined {
    const now = this.#now();
    const perToken = 60_000 / requestsPerMinute;
    const known = this.#buckets.get(key);
    const bucket = known ?? { tokens: burst, at: now, refused: false };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (!known && this.#buckets.size > this.#capacity)
      this.#buckets.delete(this.#buckets.keys().next().value!);
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / perToken);
    bucket.at = now;
    // Sums of fractions: a millionth of a token is no reason to refuse.
    if (bucket.tokens < 1 - 1e-6) {
      const first = !bucket.refused;
      bucket.refused = true;
      return { retryMilliseconds: (1 - bucket.tokens) * perToken, first };
    }
    bucket.tokens -= 1;
    bucket.refused = false;
    return undefined;
  }

  get size(): number {
    return this.#buckets.size;
  }
}
