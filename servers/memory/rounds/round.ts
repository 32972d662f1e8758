import type { MemoryContext } from "../memoryContext.ts";

/** Something that the server does by itself at intervals. */
export interface Round {
  /** Row of `memory_rounds` by which servers agree on whose turn it is. */
  readonly name: string;
  /** Seconds. */
  readonly every: number;
  /** `signal` aborts when the server ends or goes over to other files; what is done until then stays. */
  run(context: MemoryContext, signal: AbortSignal): Promise<void>;
}
