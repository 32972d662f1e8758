import type { Log } from "#servers/runtime/log.ts";
import { describeError } from "#servers/runtime/log.ts";
import { failedRules } from "../runs/runResult.ts";
import type { RunResult } from "../runs/runResult.ts";
import { alertOf, failedSet } from "./alert.ts";
import type { Channel } from "./alert.ts";
import type { Told } from "./told.ts";

const attempts = 3;
const attemptMilliseconds = 10_000;
/** Before the second attempt; twice that before the third. */
const pauseMilliseconds = 1000;

export interface Alerter {
  /** Tells each channel of a run in which enough rules fail, once for each set of them. Never throws. */
  consider(run: RunResult): Promise<void>;
  /** Gives up what is being sent. */
  close(): void;
}

/**
 * @param threshold failed rules from which a run alerts
 * @param stack name for the subject
 */
export function createAlerter(
  channels: readonly Channel[],
  { threshold, stack, told, log }: { threshold: number; stack: string; told: Told; log: Log },
): Alerter {
  const over = new AbortController();
  let last = Promise.resolve();
  return {
    // One after the other, or two runs would tell the same.
    consider: (run) => (last = last.then(() => consider(run))),
    close: () => over.abort(),
  };

  async function consider(run: RunResult): Promise<void> {
    // Of a part of the rules nobody can say which fail.
    if (!run.whole) return;
    const known = await told.read();
    const alerting = failedRules(run).length >= threshold;
    const set = failedSet(run);
    const next: Record<string, string> = {};
    await Promise.all(
      channels.map(async (channel) => {
        if (!alerting) return;
        const done = known[channel.name] === set || (await send(channel, run));
        const kept = done ? set : known[channel.name];
        if (kept !== undefined) next[channel.name] = kept;
      }),
    );
    if (alerting) log.warn({ run: run.id, failedRules: failedRules(run).length }, "compliance alert");
    if (JSON.stringify(next) !== JSON.stringify(known))
      await told
        .write(next)
        .catch((error: unknown) => log.error({ err: error }, "what was alerted cannot be kept"));
  }

  /** @returns whether it arrived */
  async function send(channel: Channel, run: RunResult): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(attemptMilliseconds)]);
      try {
        await channel.send(alertOf(stack, run), signal);
        log.info({ channel: channel.name, run: run.id }, "alert sent");
        return true;
      } catch (error) {
        const event = { channel: channel.name, run: run.id, attempt, ...describeError(error) };
        log.warn(event, "alert not sent");
        if (attempt === attempts || over.signal.aborted) return false;
        await pause(pauseMilliseconds * attempt, over.signal);
      }
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
