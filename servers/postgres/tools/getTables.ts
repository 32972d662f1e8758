import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Reader } from "../reader.ts";
import { tableKind } from "./tableShape.ts";

const input = z.object({
  schema: z.string().min(1).max(63).optional().describe("Only this schema; default all but the system's."),
});

const output = z.object({
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      kind: tableKind,
      estimatedRows: orNull(z.number()).describe(
        "The planner's estimate; null when it was never analysed, or a view.",
      ),
      comment: orNull(z.string()),
    }),
  ),
  truncated: z.boolean().describe("Whether there were more tables than this answer holds."),
});

/** Partitions are left out: they are their table. */
const sql = `
SELECT n.nspname, c.relname,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
       CASE WHEN c.relkind IN ('r', 'm') THEN nullif(c.reltuples, -1)
            WHEN c.relkind = 'p' THEN (SELECT sum(p.reltuples) FILTER (WHERE p.reltuples >= 0)
              FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE t.isleaf)
       END,
       pg_catalog.obj_description(c.oid, 'pg_class')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
   AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
   AND CASE WHEN $1::pg_catalog.text IS NULL
            THEN n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
            ELSE n.nspname = $1 END
 ORDER BY 1, 2`;

export function getTables(reader: Reader): AnyTool {
  return defineTool({
    name: "get_tables",
    title: "List tables and views",
    description: "Lists the tables and views that execute_query can read.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ schema }, call) {
      const { rows, truncated } = await reader.read(call, sql, [schema ?? null]);
      return {
        tables: rows.map(([inSchema, name, kind, estimate, comment]) => ({
          schema: inSchema!,
          name: name!,
          kind: kind as z.output<typeof output>["tables"][number]["kind"],
          estimatedRows: estimate == null ? null : Number(estimate),
          comment: comment ?? null,
        })),
        truncated: truncated !== undefined,
      };
    },
  });
}
