import type { Log } from "#servers/runtime/log.ts";

export interface ScheduleOptions {
  /** Seconds between two runs. */
  readonly interval: number;
  /** When the last run ended; undefined if there was none. */
  readonly lastRun: () => Promise<Date | undefined>;
  /** @returns false if another run was at work */
  readonly run: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Log;
}

/** A server that starts has better things to do, and its first report is a moment away. */
const firstMilliseconds = 3000;
/** After a failure, or beside another run. */
const againMilliseconds = 30_000;
/** Also the longest delay that a timer takes at once. */
const longestWait = 3_600_000;

/**
 * Runs all rules when they are due: so long after the last run, whoever made it, so that neither a restart nor a
 * changed interval makes two. Returns what ends it, also in the middle of a run.
 */
export function keepScheduled({ interval, lastRun, run, log }: ScheduleOptions): () => void {
  const over = new AbortController();
  let timer: NodeJS.Timeout;
  const later = (milliseconds: number): void => {
    timer = setTimeout(() => void look(), Math.min(milliseconds, longestWait)).unref();
  };
  const look = async (): Promise<void> => {
    let wait = againMilliseconds;
    try {
      const due = ((await lastRun())?.getTime() ?? 0) + interval * 1000 - Date.now();
      if (due > 0) wait = due;
      else if (await run(over.signal)) wait = interval * 1000;
    } catch (error) {
      if (!over.signal.aborted) log.warn({ err: error }, "scheduled run failed; it is tried again");
    }
    if (!over.signal.aborted) later(wait);
  };
  later(firstMilliseconds);
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
