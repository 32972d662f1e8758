import { indexedDistance } from "./indexedDistance.ts";
import type { MemoryContext } from "./memoryContext.ts";
import type { Query } from "./memoryDatabase.ts";
import { columns } from "./memoryRow.ts";
import type { MemoryRow } from "./memoryRow.ts";
import type { Period } from "./timeExpression.ts";
import { vectorBytes } from "./vectorParameter.ts";

/** What a memory must have to be found. */
export interface Filter {
  readonly tags?: readonly string[] | undefined;
  /** Whether one of the tags is enough. */
  readonly match?: "any" | "all";
  readonly period?: Period | undefined;
}

/** Up to so many memories are compared one by one, which is exact and takes a few milliseconds; beyond, HNSW. */
const exactLimit = 1000;

/** Only the index of embeddings yields its order without sorting. */
const byIndex = { enable_sort: "off" };

const alive = "(expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)";

export interface Wanted {
  readonly vector: readonly number[];
  /** Most memories. */
  readonly limit: number;
  readonly filter: Filter;
}

/**
 * The memories nearest to a vector that a client may read, nearest first.
 *
 * @throws ToolError also if some memories have embeddings of another model, which are not looked at
 */
export function nearest(
  { database, embedder, models }: Pick<MemoryContext, "database" | "embedder" | "models">,
  client: string,
  wanted: Wanted,
): Promise<MemoryRow[]> {
  return database.readAsClient(
    client,
    async (query) => {
      const [candidates] = await Promise.all([candidatesOf(query, wanted.filter), models.search(query)]);
      return searchByVector(query, embedder.model, candidates, wanted);
    },
    byIndex,
  );
}

async function searchByVector(
  query: Query,
  model: string,
  candidates: readonly string[] | null,
  { vector, limit, filter }: Wanted,
): Promise<MemoryRow[]> {
  const near = [vectorBytes(vector), model, limit];
  if (candidates !== null) {
    // With 0 added, the order is not one that an index has.
    return query<MemoryRow>(
      `SELECT ${columns}, 1 - (embedding OPERATOR(extensions.<=>) $1::extensions.vector) AS similarity
         FROM mcp.memory_items WHERE id = ANY ($4::bigint[]) AND embedding_model = $2 AND embedding IS NOT NULL
        ORDER BY 0 + (embedding OPERATOR(extensions.<=>) $1::extensions.vector) LIMIT $3`,
      [...near, candidates],
    );
  }
  const conditions = conditionsOf(filter, 4);
  const distance = indexedDistance("embedding", "$1::extensions.vector", vector.length);
  const rows = await query<MemoryRow>(
    `SELECT ${columns}, 1 - (embedding OPERATOR(extensions.<=>) $1::extensions.vector) AS similarity
       FROM mcp.memory_items WHERE embedding_model = $2 AND ${alive}${conditions.sql}
      ORDER BY ${distance} LIMIT $3`,
    [...near, ...conditions.values],
  );
  // The index goes on in rounds when a filter drops rows; between rounds the order is not kept.
  return rows.toSorted((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0));
}

/** The newest memories that pass the filter, newest first. */
export async function newest(query: Query, filter: Filter, limit: number): Promise<MemoryRow[]> {
  const candidates = await candidatesOf(query, filter);
  if (candidates !== null) {
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

/** Ids of the memories that pass the filter; null for more than `exactLimit`. */
async function candidatesOf(query: Query, { tags, match, period }: Filter): Promise<string[] | null> {
  const rows = await query<{ ids: string[] | null }>(
    "SELECT mcp.memory_candidates($1, $2, $3, $4, $5) AS ids",
    [tags ?? null, match !== "any", period?.from ?? null, period?.to ?? null, exactLimit],
  );
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
