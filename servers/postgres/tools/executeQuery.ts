import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { KeptResults } from "../keptResults.ts";
import type { Reader } from "../reader.ts";
import { nextCursor, presentRows, resultSet } from "./resultSet.ts";
import { parameters, refuseNullCharacter, sqlText } from "./statement.ts";

const description = `Runs one SQL statement (PostgreSQL 17) in a read-only transaction and returns its rows.
Write parameters as $1, $2, … and pass their values in "params".
bigint and numeric come as strings, bytea as base64, timestamps as ISO 8601 in UTC, vectors as text.`;

const input = z.object({
  sql: sqlText("Exactly one statement; nothing it does outlives the call."),
  params: parameters(),
  maxRows: z.number().int().min(1).optional().describe("Fewer rows than the server's own limit."),
  paging: z
    .boolean()
    .optional()
    .describe("Whether the rows after these are kept for fetch_rows, up to some megabytes; default false."),
});

const output = z.object({
  ...resultSet,
  cursor: nextCursor,
  command: z.string().describe("PostgreSQL's command tag; empty when truncated."),
});

export function executeQuery(reader: Reader, results: KeptResults): AnyTool {
  return defineTool({
    name: "execute_query",
    title: "Run a read-only SQL query",
    description,
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ sql, params, maxRows, paging = false }, call) {
      refuseNullCharacter(sql);
      const options = { ...(maxRows === undefined ? {} : { maxRows }), paging };
      const first = await reader.read(call, sql, params ?? [], options);
      const { answer, cursor } = results.keep(call.caller.client, first, first.pages ?? []);
      return {
        ...presentRows(answer),
        ...(cursor === undefined ? {} : { cursor }),
        command: answer.truncated === undefined ? answer.command : "",
      };
    },
  });
}
