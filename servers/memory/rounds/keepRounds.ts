import type { MemoryContext } from "../memoryContext.ts";
import type { Round } from "./round.ts";

/** How often is looked whether something is due. */
const lookMilliseconds = 5000;
/** A round that failed is not tried again before. */
const pauseMilliseconds = 60_000;

export interface KeptRounds {
  /** Lets the round that is under way come to an end. */
  stop(): Promise<void>;
}

/** Runs each round when its interval is over, once among all servers on the database. */
export function keepRounds(context: MemoryContext, rounds: readonly Round[]): KeptRounds {
  const ending = new AbortController();
  const paused = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    for (const round of rounds) {
      if (ending.signal.aborted) return;
      if ((paused.get(round.name) ?? 0) > Date.now()) continue;
      try {
        if (await claim(context, round)) await round.run(context, ending.signal);
      } catch (error) {
        paused.set(round.name, Date.now() + pauseMilliseconds);
        context.log.error({ err: error, round: round.name }, "a round failed; it is tried again");
        await release(context, round).catch(() => {});
      }
    }
  };
  let underWay = Promise.resolve();
  const later = (milliseconds: number): void => {
    timer = setTimeout(() => {
      underWay = look();
      void underWay.then(() => (ending.signal.aborted ? undefined : later(lookMilliseconds)));
    }, milliseconds).unref();
  };
  later(0);
  return {
    stop() {
      ending.abort();
      clearTimeout(timer);
      return underWay;
    },
  };
}

async function claim({ database }: MemoryContext, { name, every }: Round): Promise<boolean> {
  const rows = await database.inRound((query) =>
    query<{ mine: boolean }>("SELECT mcp.claim_memory_round($1, make_interval(secs => $2)) AS mine", [
      name,
      every,
    ]),
  );
  return rows[0]!.mine;
}

/** Makes the round due again. */
async function release({ database }: MemoryContext, { name }: Round): Promise<void> {
  await database.inRound((query) =>
    query("UPDATE mcp.memory_rounds SET started_at = '-infinity' WHERE round = $1", [name]),
  );
}
