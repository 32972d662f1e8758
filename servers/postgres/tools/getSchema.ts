import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Reader } from "../reader.ts";
import { columnShape, readableColumns, tableKind } from "./tableShape.ts";

const input = z.object({
  schema: z.string().min(1).max(63).optional().describe("Only this schema; default all but the system's."),
  table: z.string().min(1).max(63).optional().describe("Only tables and views of this name."),
});

const output = z.object({
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      kind: tableKind,
      comment: orNull(z.string()),
      columns: z.array(z.object(columnShape)).describe(readableColumns),
      constraints: z
        .array(z.object({ name: z.string(), definition: z.string() }))
        .describe("Keys, references and checks, as SQL."),
      indexes: z.array(z.string()).describe("As SQL."),
    }),
  ),
  truncated: z.boolean().describe("Whether there were more tables than this answer holds."),
});
type Table = z.output<typeof output>["tables"][number];

const sql = `
SELECT n.nspname, c.relname,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
       pg_catalog.obj_description(c.oid, 'pg_class'),
       (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                 'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                 'nullable', NOT a.attnotnull,
                 'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                 'comment', pg_catalog.col_description(c.oid, a.attnum)) ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a
          LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')),
       (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                 'name', k.conname, 'definition', pg_catalog.pg_get_constraintdef(k.oid)) ORDER BY k.contype, k.conname)
          FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')),
       (SELECT pg_catalog.json_agg(pg_catalog.pg_get_indexdef(i.indexrelid) ORDER BY i.indexrelid::pg_catalog.regclass::pg_catalog.text)
          FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
   AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
   AND CASE WHEN $1::pg_catalog.text IS NULL
            THEN n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
            ELSE n.nspname = $1 END
   AND ($2::pg_catalog.text IS NULL OR c.relname = $2)
 ORDER BY 1, 2`;

export function getSchema(reader: Reader): AnyTool {
  return defineTool({
    name: "get_schema",
    title: "Describe tables",
    description: "Describes columns, keys and indexes of the tables and views that execute_query can read.",
    permission: "read",
    audit: { record: ["schema", "table"], resource: ({ table }) => table },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ schema, table }, call) {
      const { rows, truncated } = await reader.read(call, sql, [schema ?? null, table ?? null]);
      return { tables: rows.map(toTable), truncated: truncated !== undefined };
    },
  });
}

function toTable([schema, name, kind, comment, columns, constraints, indexes]: readonly (
  string | null
)[]): Table {
  return {
    schema: schema!,
    name: name!,
    kind: kind as Table["kind"],
    comment: comment ?? null,
    columns: list(columns) as Table["columns"],
    constraints: list(constraints) as Table["constraints"],
    indexes: list(indexes) as Table["indexes"],
  };
}

function list(json: string | null | undefined): unknown[] {
  return json == null ? [] : (JSON.parse(json) as unknown[]);
}
