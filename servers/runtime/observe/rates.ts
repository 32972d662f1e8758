import { percentile } from "./callMeter.ts";
import type { CallCounts } from "./callMeter.ts";
import type { DatabaseActivity } from "./databaseActivity.ts";
import type { Values } from "./values.ts";

/** The calls of a span. Without a response there is no latency, and no error. */
export function callRates({ requests, responses, errors, latencies }: CallCounts, seconds: number): Values {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(latencies, share));
  return {
    request_rate: requests / seconds,
    response_rate: responses / seconds,
    error_rate: responses === 0 ? 0 : (100 * errors) / responses,
    ...(p50 === undefined || p95 === undefined || p99 === undefined
      ? {}
      : { latency: p95, latency_p50: p50, latency_p99: p99 }),
  };
}

export type ActivityCounts = Pick<DatabaseActivity, "queries" | "slowQueries" | "transactions">;

export function activityCounts({ queries, slowQueries, transactions }: DatabaseActivity): ActivityCounts {
  return { queries, slowQueries, transactions };
}

/** What happened between two looks at the counts. */
export function activityRates(before: ActivityCounts, now: DatabaseActivity, seconds: number): Values {
  return {
    database_connections: now.connections,
    query_rate: (now.queries - before.queries) / seconds,
    slow_query_rate: (now.slowQueries - before.slowQueries) / seconds,
    transaction_rate: (now.transactions - before.transactions) / seconds,
  };
}
