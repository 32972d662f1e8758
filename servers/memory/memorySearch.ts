import type { Query } from "./memoryDatabase.ts";
import { columns } from "./memoryRow.ts";
import type { MemoryRow } from "./memoryRow.ts";
import type { Period } from "./timeExpression.ts";
import { vectorText } from "./vectorText.ts";

/** What a memory must have to be found. */
export interface Filter {
  readonly tags?: readonly string[] | undefined;
  /** Whether one of the tags is enough. */
  readonly match?: "any" | "all";
  readonly period?: Period | undefined;
}

/** Up to so many memories are compared one by one, which is exact and takes a few milliseconds; beyond, HNSW. */
const exactLimit = 1000;

const alive = "(expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)";

/**
 * The memories nearest to a vector, nearest first. Those of other models are not looked at. The transaction's
 * client is whose memories are searched.
 */
export async function searchByVector(
  query: Query,
  wanted: { vector: readonly number[]; model: string; limit: number; filter: Filter },
): Promise<MemoryRow[]> {
  const { vector, model, limit, filter } = wanted;
  const near = [vectorText(vector), model, limit];
  const candidates = await candidatesOf(query, filter);
  if (candidates.length <= exactLimit) {
    // With 0 added, the order is not one that an index has.
    return query<MemoryRow>(
      `SELECT ${columns}, 1 - (embedding OPERATOR(extensions.<=>) $1::extensions.vector) AS similarity
         FROM mcp.memory_items WHERE id = ANY ($4::bigint[]) AND embedding_model = $2 AND embedding IS NOT NULL
        ORDER BY 0 + (embedding OPERATOR(extensions.<=>) $1::extensions.vector) LIMIT $3`,
      [...near, candidates],
    );
  }
  // Only the index of embeddings yields this order without sorting.
  await query("SET LOCAL enable_sort TO off");
  const conditions = conditionsOf(filter, 4);
  const rows = await query<MemoryRow>(
    `SELECT ${columns}, 1 - (embedding OPERATOR(extensions.<=>) $1::extensions.vector) AS similarity
       FROM mcp.memory_items WHERE embedding_model = $2 AND ${alive}${conditions.sql}
      ORDER BY embedding OPERATOR(extensions.<=>) $1::extensions.vector LIMIT $3`,
    [...near, ...conditions.values],
  );
  // The index goes on in rounds when a filter drops rows; between rounds the order is not kept.
  return rows.toSorted((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0));
}

/** The newest memories that pass the filter, newest first. */
export async function newest(query: Query, filter: Filter, limit: number): Promise<MemoryRow[]> {
  const candidates = await candidatesOf(query, filter);
  if (candidates.length <= exactLimit) {
    return query<MemoryRow>(
      `SELECT ${columns} FROM mcp.memory_items WHERE id = ANY ($1::bigint[]) ORDER BY created_at DESC, id DESC LIMIT $2`,
      [candidates, limit],
    );
  }
  const conditions = conditionsOf(filter, 2);
  return query<MemoryRow>(
    `SELECT ${columns} FROM mcp.memory_items WHERE ${alive}${conditions.sql} ORDER BY created_at DESC, id DESC LIMIT $1`,
    [limit, ...conditions.values],
  );
}

async function candidatesOf(query: Query, { tags, match, period }: Filter): Promise<string[]> {
  const rows = await query<{ ids: string[] }>("SELECT mcp.memory_candidates($1, $2, $3, $4, $5) AS ids", [
    tags ?? null,
    match !== "any",
    period?.from ?? null,
    period?.to ?? null,
    exactLimit + 1,
  ]);
  return rows[0]!.ids;
}

function conditionsOf({ tags, match, period }: Filter, first: number): { sql: string; values: unknown[] } {
  const values: unknown[] = [];
  const next = (value: unknown) => `$${first - 1 + values.push(value)}`;
  let sql = "";
  if (tags !== undefined) sql += ` AND tags ${match === "any" ? "&&" : "@>"} ${next(tags)}::text[]`;
  if (period?.from) sql += ` AND created_at >= ${next(period.from)}`;
  if (period?.to) sql += ` AND created_at < ${next(period.to)}`;
  return { sql, values };
}
