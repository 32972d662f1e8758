import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { ReadAnswer, Reader } from "../reader.ts";
import { jsonValue } from "../valueTypes.ts";
import type { JsonValue } from "../valueTypes.ts";

const description = `Runs one SQL statement (PostgreSQL 17) in a read-only transaction and returns its rows.
Write parameters as $1, $2, … and pass their values in "params".
bigint and numeric come as strings, bytea as base64, timestamps as ISO 8601 in UTC, vectors as text.`;

const scalars = [z.string(), z.number(), z.boolean(), z.null().describe("SQL's NULL")] as const;

/** `additionalProperties: true`, which more clients understand than the empty schema. */
const anyObject = () => z.looseObject({}).meta({ additionalProperties: true });

const input = z.object({
  sql: z.string().min(1).max(1_000_000).describe("Exactly one statement; nothing it does outlives the call."),
  params: z
    .array(
      z.union([
        ...scalars,
        z.array(z.union(scalars)).describe("a PostgreSQL array of one dimension"),
        anyObject().describe("a json value"),
      ]),
    )
    .max(1000)
    .optional()
    .describe("Values of $1, $2, …"),
  maxRows: z.number().int().min(1).optional().describe("Fewer rows than the server's own limit."),
});

const output = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z
    .array(anyObject())
    .describe("One object per row, keyed by column name; a repeated name gets a number."),
  rowCount: z.number().int().describe("Rows in this answer."),
  truncated: z.boolean().describe("Whether there were more rows than this answer holds."),
  truncatedBy: z.enum(["rows", "bytes"]).optional().describe("The limit that was reached."),
  command: z.string().describe("PostgreSQL's command tag; empty when truncated."),
});

export function executeQuery(reader: Reader): AnyTool {
  return defineTool({
    name: "execute_query",
    title: "Run a read-only SQL query",
    description,
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ sql, params, maxRows }, call) {
      // The protocol ends texts with it: what follows would be read as something else.
      if (sql.includes("\0")) throw new ToolError("22021", "SQL must not contain a null character.");
      const answer = await reader.read(call, sql, params ?? [], maxRows === undefined ? {} : { maxRows });
      return present(answer);
    },
  });
}

function present(answer: ReadAnswer): z.input<typeof output> {
  const names = uniqueNames(answer.fields.map((field) => field.name));
  const typeIds = answer.fields.map((field) => field.dataTypeID);
  return {
    columns: names.map((name, index) => ({ name, type: answer.typeNames[index]! })),
    rows: answer.rows.map((row) => toObject(names, typeIds, row)),
    rowCount: answer.rows.length,
    truncated: answer.truncated !== undefined,
    ...(answer.truncated === undefined ? {} : { truncatedBy: answer.truncated }),
    command: answer.truncated === undefined ? answer.command : "",
  };
}

function toObject(
  names: readonly string[],
  typeIds: readonly number[],
  row: readonly (string | null)[],
): Record<string, JsonValue> {
  // Not by assignment: a column may be called __proto__.
  return Object.fromEntries(
    names.map((name, index) => [name, jsonValue(typeIds[index]!, row[index] ?? null)]),
  );
}

/** `a, a, b` → `a, a_2, b`, never colliding with a name that is there. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const all = new Set(names);
  return names.map((name) => {
    let unique = name;
    for (let count = 2; taken.has(unique) || (unique !== name && all.has(unique)); count += 1)
      unique = `${name}_${count}`;
    taken.add(unique);
    return unique;
  });
}
