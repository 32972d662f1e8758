import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Writer } from "../writer.ts";
import { workspaceName } from "./workspaceTable.ts";

const description = `Makes a table in the schema workspace, which all clients that may write share and all that may read can read.
Fill it with execute_statement; remove it with drop_table.`;

const column = z.object({
  name: workspaceName("Name of the column."),
  type: z
    .string()
    .max(40)
    .describe(
      "smallint, integer, bigint, numeric, numeric(p,s), real, double precision, boolean, text, varchar(n), uuid, date, time, timestamp, timestamptz, interval, json, jsonb, bytea, inet, cidr, each also with []; vector(n), halfvec(n).",
    ),
  nullable: z.boolean().optional().describe("Default true."),
  default: z
    .union([z.string().describe("a text, time, …"), z.number(), z.boolean()])
    .optional()
    .describe("A constant, which a row without the column gets."),
  generated: z
    .enum(["identity", "now", "uuid"])
    .optional()
    .describe("Instead of a default: counted up, time of the change, random."),
  unique: z.boolean().optional(),
  primaryKey: z.boolean().optional().describe("Part of the primary key."),
  index: z.boolean().optional().describe("Whether searches by this column get an index."),
  comment: z.string().max(1000).optional(),
});

const input = z.object({
  table: workspaceName("Name of the table, without schema."),
  columns: z.array(column).min(1).max(200),
  comment: z.string().max(1000).optional().describe("What the table is for."),
});

const output = z.object({ table: z.string().describe("The table with its schema, as SQL writes it.") });

export function createTable(writer: Writer): AnyTool {
  return defineTool({
    name: "create_table",
    title: "Make a table in the workspace",
    description,
    permission: "write",
    audit: { record: ["table"], resource: ({ table }) => table },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    input,
    output,
    async run({ table, columns, comment }, call) {
      const sql = "SELECT mcp.create_workspace_table($1, $2::pg_catalog.jsonb, $3)";
      const { rows } = await writer.write(call, sql, [table, JSON.stringify(columns), comment ?? null]);
      return { table: String(rows[0]?.[0]) };
    },
  });
}
