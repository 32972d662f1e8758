import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Reader } from "../reader.ts";
import { columnShape, readableColumns, tableKind } from "./tableShape.ts";

const input = z.object({
  table: z.string().min(1).max(63).describe("Name of a table or view."),
  schema: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe("Its schema; needed if several have one of that name."),
});

const keyColumns = z.array(z.string());
const reference = z.object({
  name: z.string(),
  columns: keyColumns,
  table: z.string().describe("The other table, as schema.name."),
  otherColumns: keyColumns,
});
const bytes = (description: string) =>
  orNull(z.number()).describe(`${description} in bytes; null for a view.`);

const output = z.object({
  schema: z.string(),
  name: z.string(),
  kind: tableKind,
  comment: orNull(z.string()),
  columns: z
    .array(z.object({ ...columnShape, generated: orNull(z.enum(["identity", "stored"])) }))
    .describe(readableColumns),
  primaryKey: orNull(keyColumns),
  uniqueKeys: z.array(z.object({ name: z.string(), columns: keyColumns })),
  references: z.array(reference).describe("Foreign keys of this table."),
  referencedBy: z.array(reference).describe("Foreign keys of other tables."),
  checks: z.array(z.object({ name: z.string(), definition: z.string() })),
  indexes: z.array(z.object({ name: z.string(), definition: z.string(), bytes: orNull(z.number()) })),
  partitions: z.array(z.string()).describe("Partitions of a partitioned table, by name."),
  estimatedRows: orNull(z.number()).describe("The planner's estimate; null when never analysed, or a view."),
  tableBytes: bytes("Size of the rows"),
  indexBytes: bytes("Size of the indexes"),
});
type Description = z.output<typeof output>;

const columnNames = (keys: string, table: string) => `
  (SELECT pg_catalog.json_agg(a.attname ORDER BY u.position)
     FROM pg_catalog.unnest(${keys}) WITH ORDINALITY u(number, position)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = ${table} AND a.attnum = u.number)`;

const references = (own: "conrelid" | "confrelid", other: "conrelid" | "confrelid") => {
  const [ownKeys, otherKeys] = own === "conrelid" ? ["conkey", "confkey"] : ["confkey", "conkey"];
  return `
  (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname,
            'columns', ${columnNames(`k.${ownKeys}`, `k.${own}`)},
            'table', n2.nspname || '.' || c2.relname,
            'otherColumns', ${columnNames(`k.${otherKeys}`, `k.${other}`)}) ORDER BY k.conname)
     FROM pg_catalog.pg_constraint k
     JOIN pg_catalog.pg_class c2 ON c2.oid = k.${other} AND NOT c2.relispartition
     JOIN pg_catalog.pg_namespace n2 ON n2.oid = c2.relnamespace
    WHERE k.contype = 'f' AND k.${own} = c.oid AND k.conparentid = 0
      AND pg_catalog.has_any_column_privilege(c2.oid, 'SELECT'))`;
};

/** One row per table of that name: everything as one JSON text. A partitioned table's sizes are its partitions'. */
const sql = `
SELECT pg_catalog.json_build_object(
  'schema', n.nspname, 'name', c.relname,
  'kind', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                         WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
  'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
  'columns', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
        'generated', CASE WHEN a.attidentity <> '' THEN 'identity' WHEN a.attgenerated <> '' THEN 'stored' END,
        'comment', pg_catalog.col_description(c.oid, a.attnum)) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')),
  'primaryKey', (SELECT ${columnNames("k.conkey", "k.conrelid")} FROM pg_catalog.pg_constraint k
                  WHERE k.conrelid = c.oid AND k.contype = 'p'),
  'uniqueKeys', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname,
                          'columns', ${columnNames("k.conkey", "k.conrelid")}) ORDER BY k.conname)
                   FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'u'),
  'references', ${references("conrelid", "confrelid")},
  'referencedBy', ${references("confrelid", "conrelid")},
  'checks', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname,
                      'definition', pg_catalog.pg_get_constraintdef(k.oid)) ORDER BY k.conname)
               FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'),
  'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', x.relname,
                       'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
                       'bytes', CASE WHEN x.relkind = 'i' THEN pg_catalog.pg_relation_size(x.oid) END) ORDER BY x.relname)
                FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid),
  'partitions', (SELECT pg_catalog.json_agg(p.relname ORDER BY p.relname) FROM pg_catalog.pg_inherits h
                   JOIN pg_catalog.pg_class p ON p.oid = h.inhrelid WHERE h.inhparent = c.oid AND c.relkind = 'p'),
  'estimatedRows', leaves.rows, 'tableBytes', leaves.table_bytes, 'indexBytes', leaves.index_bytes)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (
    SELECT pg_catalog.sum(l.reltuples) FILTER (WHERE l.reltuples >= 0) AS rows,
           pg_catalog.sum(pg_catalog.pg_table_size(l.oid)) AS table_bytes,
           pg_catalog.sum(pg_catalog.pg_indexes_size(l.oid)) AS index_bytes
      FROM pg_catalog.pg_class l
     WHERE c.relkind IN ('r', 'm') AND l.oid = c.oid
        OR c.relkind = 'p' AND l.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf)
  ) leaves ON true
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1
   AND ($2::pg_catalog.text IS NULL AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
        OR n.nspname = $2)
   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
 ORDER BY n.nspname`;

export function describeTable(reader: Reader): AnyTool {
  return defineTool({
    name: "describe_table",
    title: "Describe one table",
    description:
      "Describes one table or view: columns, keys, references both ways, checks, indexes, partitions, sizes, estimated rows.",
    permission: "read",
    audit: { record: ["schema", "table"], resource: ({ table }) => table },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ table, schema }, call) {
      const { rows, truncated } = await reader.read(call, sql, [table, schema ?? null]);
      if (truncated !== undefined)
        throw new ToolError("54000", "the description is larger than an answer may be");
      const found = rows.map(([text]) => JSON.parse(text!) as { [key in keyof Description]: unknown });
      if (found.length > 1) {
        const schemas = found.map((each) => String(each.schema)).join(", ");
        throw new ToolError(
          "42P09",
          `Several schemas have a table ${table}; name one in "schema": ${schemas}.`,
        );
      }
      if (found[0] === undefined)
        throw new ToolError(
          "42P01",
          `There is no table or view ${table} that can be read; get_tables lists them.`,
        );
      return withLists(found[0]);
    },
  });
}

const lists = [
  "columns",
  "uniqueKeys",
  "references",
  "referencedBy",
  "checks",
  "indexes",
  "partitions",
] as const;

/** SQL's aggregate of nothing is null. */
function withLists(found: { [key in keyof Description]: unknown }): Description {
  const empty = Object.fromEntries(lists.map((name) => [name, found[name] ?? []]));
  return { ...found, ...empty } as Description;
}
