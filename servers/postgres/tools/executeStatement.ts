import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Writer } from "../writer.ts";
import { presentRows, resultSet } from "./resultSet.ts";
import { parameters, refuseNullCharacter, sqlText } from "./statement.ts";

const description = `Changes rows of tables in the schema workspace, which all clients that may write share: one INSERT, UPDATE, DELETE or MERGE, with RETURNING if you like.
It is carried out as a whole or not at all. Write parameters as $1, $2, … and pass their values in "params".
create_table makes a table, drop_table removes one; execute_query reads them as workspace.<table>.`;

const input = z.object({
  sql: sqlText("Exactly one statement."),
  params: parameters(),
  maxRows: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("Fewer returned rows than the server's own limit; all that the statement changes is changed."),
});

const output = z.object({
  ...resultSet,
  command: z.string().describe("PostgreSQL's command tag, e.g. UPDATE 3."),
  affectedRows: orNull(z.number().int()).describe("Rows changed; null for a SELECT, also of a WITH."),
});

export function executeStatement(writer: Writer): AnyTool {
  return defineTool({
    name: "execute_statement",
    title: "Change rows in the workspace",
    description,
    permission: "write",
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    input,
    output,
    async run({ sql, params, maxRows }, call) {
      refuseNullCharacter(sql);
      const answer = await writer.write(call, sql, params ?? [], maxRows);
      return {
        ...presentRows(answer),
        command: answer.command,
        affectedRows: affectedRows(answer.command),
      };
    },
  });
}

/** `INSERT 0 5` → 5 */
function affectedRows(command: string): number | null {
  const count = /^(?:INSERT 0|UPDATE|DELETE|MERGE) (\d+)$/.exec(command)?.[1];
  return count === undefined ? null : Number(count);
}
