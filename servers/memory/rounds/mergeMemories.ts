import type { Query } from "../memoryDatabase.ts";

/** A memory, and the content that was looked at: another one is not merged. */
export interface Seen {
  readonly id: string;
  readonly hash: string;
}

/**
 * Puts tags, metadata, accesses and the later end of others into one memory and removes the others. Nothing
 * happens where the kept one is gone, or the content of one is not that which was seen.
 *
 * @returns how many were removed
 */
export async function mergeInto(query: Query, kept: string, seen: readonly Seen[]): Promise<number> {
  const rows = await query<{ removed: number }>(
    `WITH locked AS (
       SELECT m.id FROM mcp.memory_items AS m JOIN unnest($2::bigint[], $3::text[]) AS s (id, hash)
           ON s.id = m.id AND s.hash = m.content_hash
        ORDER BY m.id FOR UPDATE OF m),
     gone AS (
       DELETE FROM mcp.memory_items WHERE id IN (SELECT id FROM locked) AND id <> $1
          AND $1 IN (SELECT id FROM locked) RETURNING *),
     merged AS (
       UPDATE mcp.memory_items AS k SET
         tags = ARRAY(SELECT unnest(k.tags) UNION SELECT unnest(g.tags) FROM gone AS g ORDER BY 1),
         metadata = coalesce((SELECT jsonb_object_agg(e.key, e.value ORDER BY g.id) FROM gone AS g, jsonb_each(
           CASE jsonb_typeof(g.metadata) WHEN 'object' THEN g.metadata ELSE '{}' END) AS e), '{}') || coalesce(k.metadata, '{}'),
         access_count = least(k.access_count + (SELECT sum(access_count) FROM gone), 2147483647)::integer,
         last_accessed = greatest(k.last_accessed, (SELECT max(last_accessed) FROM gone)),
         expires_at = CASE WHEN k.expires_at IS NOT NULL AND (SELECT bool_and(expires_at IS NOT NULL) FROM gone)
           THEN greatest(k.expires_at, (SELECT max(expires_at) FROM gone)) END
       WHERE k.id = $1 AND EXISTS (SELECT FROM gone))
     SELECT count(*)::integer AS removed FROM gone`,
    [kept, seen.map(({ id }) => id), seen.map(({ hash }) => hash)],
  );
  return rows[0]!.removed;
}
