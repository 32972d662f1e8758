import { setTimeout as pause } from "node:timers/promises";
import { DatabaseError } from "pg";
import { ConnectionLost } from "./connectionLost.ts";

export interface RepeatLimits {
  /** Further attempts at most. */
  readonly maxRetries: number;
  /** Wait before the first further attempt, in milliseconds; it doubles each time. */
  readonly retryDelay: number;
  /** Milliseconds that the call has: a wait that would outlast it is not begun, so that the reason is told in time. */
  readonly timeout: number;
}

/** What a failed attempt says of the next one. `true`: nothing of it is left, it may be made again. */
export type Repeatable = (error: unknown) => boolean;

/** @throws the last attempt's error; that of `signal` when it aborts between two attempts */
export async function repeat<T>(
  attempt: () => Promise<T>,
  { maxRetries, retryDelay, timeout }: RepeatLimits,
  repeatable: Repeatable,
  signal: AbortSignal,
): Promise<T> {
  const end = performance.now() + timeout;
  for (let retries = 0; ; retries += 1) {
    const wait = retryDelay * 2 ** retries;
    try {
      return await attempt();
    } catch (error) {
      const over = retries >= maxRetries || performance.now() + wait >= end;
      if (over || signal.aborted || !repeatable(error)) throw error;
      await pause(wait, undefined, { signal });
    }
  }
}

const conflicts = new Set(["40001", "40P01"]);

/**
 * Reads may be repeated after conflicts and lost connections. A session that ended without a word while a
 * statement ran may have ended because of it, so that one gets a single further chance.
 */
export function repeatableRead(): Repeatable {
  let unannounced = 0;
  return (error) => {
    if (error instanceof DatabaseError) return conflicts.has(error.code ?? "");
    if (!(error instanceof ConnectionLost)) return false;
    if (error.phase === "running" && !error.announced) unannounced += 1;
    return unannounced < 2;
  };
}

/** Of a write only that which never ran. */
export const repeatableWrite: Repeatable = (error) =>
  error instanceof ConnectionLost && error.phase === "connecting";
