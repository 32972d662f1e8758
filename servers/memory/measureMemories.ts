import { performance } from "node:perf_hooks";
import type { MemoryDatabase } from "./memoryDatabase.ts";

/** Values of the collectors `database` and `business`: numbers of now, and rates per second since the last look. */
export function measureMemories(database: MemoryDatabase): () => Promise<Record<string, number>> {
  let last = performance.now();
  return async () => {
    const { connections, queries, slowQueries, transactions } = database.takeUse();
    const now = performance.now();
    const seconds = Math.max(now - last, 1) / 1000;
    last = now;
    const [row] = await database.inRound((query) =>
      query<{ count: string }>(
        "SELECT count(*) FROM mcp.memory_items WHERE expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP",
      ),
    );
    return {
      memory_items: Number(row!.count),
      database_connections: connections,
      query_rate: queries / seconds,
      slow_query_rate: slowQueries / seconds,
      transaction_rate: transactions / seconds,
    };
  };
}
