import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { AccessConfig } from "#servers/runtime/commonConfig.ts";
import type { Refusal } from "#servers/runtime/refusal.ts";

type Limit = AccessConfig["rateLimit"];

/** Callers that are counted at the same time; the one that was counted least recently starts anew. */
const mostCallers = 10_000;

export type CallerVerdict =
  | {
      /** Takes the request back if requests that end so are not to be counted. */
      readonly ended: (failed: boolean) => void;
    }
  | {
      readonly refusal: Refusal;
      /** Whether it is the caller's first one in this span. */
      readonly first: boolean;
    };

const notCounted: CallerVerdict = { ended: () => {} };

/** `access.rateLimit`: requests of one caller to this server in a span of time, whatever they ask for. */
export class CallerLimit {
  #limiter: RateLimiterMemory | undefined;
  #made = "";
  readonly #callers = new Set<string>();

  /**
   * Counts a request.
   *
   * @param caller the client's name, or the address of who has not said who it is
   */
  async take(limit: Limit, path: string, caller: string): Promise<CallerVerdict> {
    if (!limit.enabled || limit.skip.includes(path)) return notCounted;
    const limiter = this.#limiterFor(limit);
    try {
      this.#remember(limiter, caller);
      await limiter.consume(caller);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const first = refused.consumedPoints === limit.maxRequests + 1;
      return { refusal: refusal(limit, refused.msBeforeNext), first };
    }
    return {
      ended(failed) {
        if (failed ? limit.skipFailedRequests : limit.skipSuccessfulRequests) void limiter.reward(caller);
      },
    };
  }

  /** Another span or number starts counting anew. */
  #limiterFor({ windowMs, maxRequests }: Limit): RateLimiterMemory {
    const wanted = `${maxRequests} in ${windowMs}`;
    if (this.#limiter && wanted === this.#made) return this.#limiter;
    this.#made = wanted;
    this.#callers.clear();
    this.#limiter = new RateLimiterMemory({ points: maxRequests, duration: windowMs / 1000 });
    return this.#limiter;
  }

  #remember(limiter: RateLimiterMemory, caller: string): void {
    this.#callers.delete(caller);
    this.#callers.add(caller);
    if (this.#callers.size <= mostCallers) return;
    const [oldest] = this.#callers;
    this.#callers.delete(oldest!);
    void limiter.delete(oldest!);
  }
}

function refusal({ maxRequests, windowMs }: Limit, milliseconds: number): Refusal {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  return {
    status: 429,
    message: `Too many requests: ${maxRequests} in ${windowMs / 1000} s are allowed. Try again in ${seconds} s.`,
    headers: { "retry-after": String(seconds) },
  };
}
