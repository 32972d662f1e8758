import { indexedDistance } from "../indexedDistance.ts";
import type { MemoryContext } from "../memoryContext.ts";
import type { Query } from "../memoryDatabase.ts";
import { mergeInto } from "./mergeMemories.ts";
import type { Round } from "./round.ts";

/** Contents that are at least so similar count as the same. */
const sameSimilarity = 0.98;
/** Groups of equal content, and memories compared with their neighbours, in one round at most. */
const mostGroups = 500;
const mostCompared = 2000;
const step = 100;

interface Group {
  readonly kept: string;
  readonly ids: string[];
  readonly hashes: string[];
}

interface Pair {
  readonly id: string;
  readonly hash: string;
  readonly other_id: string;
  readonly other_hash: string;
}

/**
 * Merges memories of one owner that say the same, and are shared alike. Of equal ones the most used stays, of
 * similar ones the newest, as it may be the correction. A round goes on where the last one stopped.
 */
export function consolidationRound({ config }: MemoryContext): Round[] {
  if (!config.memory.autoConsolidate) return [];
  return [
    {
      name: "consolidation",
      every: config.memory.consolidationInterval,
      async run({ database, embedder, log }, signal) {
        const equal = await database.inRound(mergeEqual);
        let similar = 0;
        for (let compared = 0; compared < mostCompared && !signal.aborted; compared += step) {
          const { merged, atEnd } = await database.inRound((query) =>
            mergeSimilar(query, embedder.dimension),
          );
          similar += merged;
          if (atEnd) break;
        }
        log.info({ equal, similar }, "memories consolidated");
      },
    },
  ];
}

async function mergeEqual(query: Query): Promise<number> {
  const groups = await query<Group>(
    `SELECT (array_agg(id ORDER BY access_count DESC, id))[1] AS kept, array_agg(id ORDER BY id) AS ids,
        array_agg(content_hash ORDER BY id) AS hashes
       FROM mcp.memory_items WHERE owner IS NOT NULL AND content_hash IS NOT NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)
      GROUP BY owner, shared, content_hash HAVING count(*) > 1 LIMIT $1`,
    [mostGroups],
  );
  let merged = 0;
  for (const { kept, ids, hashes } of groups) {
    merged += await mergeInto(
      query,
      kept,
      ids.map((id, index) => ({ id, hash: hashes[index]! })),
    );
  }
  return merged;
}

/** The next memories, each with its nearest neighbours of the same owner, sharing and model. */
async function mergeSimilar(query: Query, dimension: number): Promise<{ merged: number; atEnd: boolean }> {
  // What is nearly equal is among the very nearest, so the index need not go on when a neighbour is another's.
  await query("SET LOCAL hnsw.iterative_scan TO off; SET LOCAL enable_sort TO off");
  const next = await query<{ id: string }>(
    `SELECT id FROM mcp.memory_items WHERE id > coalesce((SELECT position FROM mcp.memory_rounds WHERE round = 'consolidation'), 0)
      ORDER BY id LIMIT $1`,
    [step],
  );
  const pairs = await query<Pair>(
    `SELECT a.id, a.content_hash AS hash, b.id AS other_id, b.content_hash AS other_hash
       FROM mcp.memory_items AS a CROSS JOIN LATERAL (
         SELECT n.* FROM mcp.memory_items AS n
          WHERE n.id <> a.id AND n.owner = a.owner AND n.shared = a.shared AND n.embedding_model = a.embedding_model
            AND n.content_hash IS NOT NULL AND (n.expires_at IS NULL OR n.expires_at > CURRENT_TIMESTAMP)
          ORDER BY ${indexedDistance("n.embedding", "a.embedding", dimension)} LIMIT 5) AS b
      WHERE a.id = ANY ($1::bigint[]) AND a.content_hash IS NOT NULL AND (a.expires_at IS NULL OR a.expires_at > CURRENT_TIMESTAMP)
        AND 1 - (b.embedding OPERATOR(extensions.<=>) a.embedding) >= $2
      ORDER BY a.id`,
    [next.map(({ id }) => id), sameSimilarity],
  );
  let merged = 0;
  for (const { id, hash, other_id, other_hash } of pairs) {
    const both = [
      { id, hash },
      { id: other_id, hash: other_hash },
    ].toSorted((a, b) => Number(BigInt(b.id) - BigInt(a.id)));
    merged += await mergeInto(query, both[0]!.id, both);
  }
  const atEnd = next.length < step;
  await query("UPDATE mcp.memory_rounds SET position = $1 WHERE round = 'consolidation'", [
    atEnd ? 0 : next.at(-1)!.id,
  ]);
  return { merged, atEnd };
}
