import type { MemoryContext } from "../memoryContext.ts";
import type { Round } from "./round.ts";

const batch = 1000;

/** Removes expired memories, which no tool answers any more, and what is beyond `maxItems`. */
export function expiryRound({ config }: MemoryContext): Round {
  return {
    name: "expiry",
    every: config.database.cleanupInterval,
    async run({ database, room, log }, signal) {
      let expired = 0;
      for (let removed = batch; removed === batch && !signal.aborted; expired += removed) {
        const rows = await database.inRound((query) =>
          query(
            `DELETE FROM mcp.memory_items WHERE id IN
               (SELECT id FROM mcp.memory_items WHERE expires_at <= CURRENT_TIMESTAMP LIMIT $1) RETURNING id`,
            [batch],
          ),
        );
        removed = rows.length;
      }
      log.info({ expired, evicted: await room.check() }, "expired memories removed");
    },
  };
}
