import type { Reader } from "./reader.ts";
import type { StatementLog } from "./statementLog.ts";

/**
 * Values of the collector `database`: connections that PostgreSQL has to this database, and per second since the
 * value before, callers' statements, the slow ones among them, and transactions of everybody. While the database
 * does not answer, the server's own counts only.
 */
export function databaseMeasure(
  reader: Reader,
  statements: StatementLog,
  now: () => number = () => performance.now(),
): () => Promise<Record<string, number>> {
  const queries = rate(now);
  const slow = rate(now);
  const transactions = rate(now);
  // So that the first value covers the time since the start.
  queries(0);
  slow(0);
  return async () => {
    const { all, slow: slowOnes } = statements.counts;
    const own = { query_rate: queries(all) ?? 0, slow_query_rate: slow(slowOnes) ?? 0 };
    const activity = await reader.activity().catch(() => undefined);
    if (activity === undefined) return own;
    const transactionRate = transactions(activity.transactions);
    return {
      ...own,
      database_connections: activity.connections,
      ...(transactionRate === undefined ? {} : { transaction_rate: transactionRate }),
    };
  };
}

/** Turns a count that grows into its growth per second; undefined the first time, and when it began anew. */
function rate(now: () => number): (count: number) => number | undefined {
  let last: { readonly count: number; readonly at: number } | undefined;
  return (count) => {
    const before = last;
    last = { count, at: now() };
    if (before === undefined || count < before.count) return undefined;
    const seconds = (last.at - before.at) / 1000;
    return seconds > 0 ? (count - before.count) / seconds : 0;
  };
}
