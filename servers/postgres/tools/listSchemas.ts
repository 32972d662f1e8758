import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Reader } from "../reader.ts";

const output = z.object({
  schemas: z.array(
    z.object({
      name: z.string(),
      comment: orNull(z.string()),
      tables: z.number().int().describe("Tables and views in it that can be read."),
    }),
  ),
});

/** Partitions are left out: they are their table. */
const sql = `
SELECT n.nspname, pg_catalog.obj_description(n.oid, 'pg_namespace'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c
         WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
           AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
 ORDER BY 1`;

export function listSchemas(reader: Reader): AnyTool {
  return defineTool({
    name: "list_schemas",
    title: "List schemas",
    description: "Lists the schemas whose tables execute_query can read. Those of workspace can be written.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({}),
    output,
    async run(_args, call) {
      const { rows } = await reader.read(call, sql, []);
      return {
        schemas: rows.map(([name, comment, tables]) => ({
          name: name!,
          comment: comment ?? null,
          tables: Number(tables),
        })),
      };
    },
  });
}
