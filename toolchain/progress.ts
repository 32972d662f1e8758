import { errorColours as pc } from "./colours.ts";

/** Everything that this project's commands say about themselves goes to stderr: stdout belongs to the answer. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * Does `work` and shows how long it takes: on a terminal in one line that counts, elsewhere as a line at the
 * start and one at the end, with a sign of life every minute. It failed if `work` throws or its result is not
 * `good`.
 */
export async function step<T>(
  what: string,
  work: () => Promise<T>,
  good: (result: T) => boolean = () => true,
): Promise<T> {
  const terminal = process.stderr.isTTY;
  const started = Date.now();
  const elapsed = () => duration(Date.now() - started);
  if (!terminal) say(`  ${what} …`);
  const ticker = setInterval(
    () => {
      if (terminal) process.stderr.write(`\r\u001b[K  ${what} … ${elapsed()}`);
      else say(`  ${what} … ${elapsed()}`);
    },
    terminal ? 500 : 60_000,
  );
  const end = (mark: string) => {
    clearInterval(ticker);
    if (terminal) process.stderr.write("\r\u001b[K");
    say(`  ${mark} ${what} (${elapsed()})`);
  };
  try {
    const result = await work();
    end(good(result) ? pc.green("✓") : pc.red("✗"));
    return result;
  } catch (error) {
    end(pc.red("✗"));
    throw error;
  }
}
