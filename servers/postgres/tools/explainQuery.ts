import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Reader } from "../reader.ts";
import { anyObject, parameters, refuseNullCharacter, sqlText } from "./statement.ts";

const description = `Shows how PostgreSQL would carry a statement out, without running it.
With "analyze" it runs, in a read-only transaction, and the plan has real times and rows; what would write is refused then.`;

const input = z.object({
  sql: sqlText("Exactly one SELECT, INSERT, UPDATE, DELETE, MERGE or VALUES."),
  params: parameters(),
  analyze: z.boolean().optional().describe("Whether the statement runs; default false."),
  format: z.enum(["text", "json"]).optional().describe("Form of the plan; default text."),
});

const output = z.object({
  text: z.string().optional().describe("The plan, a line per step."),
  plan: z.array(anyObject()).optional().describe("The plan as PostgreSQL's JSON."),
  truncated: z.boolean().describe("Whether the plan is longer than an answer may be."),
});

export function explainQuery(reader: Reader): AnyTool {
  return defineTool({
    name: "explain_query",
    title: "Show the plan of a query",
    description,
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ sql, params, analyze = false, format = "text" }, call) {
      refuseNullCharacter(sql);
      const options = [`FORMAT ${format}`, ...(analyze ? ["ANALYZE", "BUFFERS"] : [])];
      const prefix = `EXPLAIN (${options.join(", ")})\n`;
      const { rows, truncated } = await reader.read(call, sql, params ?? [], { prefix });
      const lines = rows.map(([line]) => line ?? "");
      if (format === "text") return { text: lines.join("\n"), truncated: truncated !== undefined };
      if (truncated !== undefined)
        throw new ToolError("54000", "the plan is longer than an answer may be; ask for it as text");
      return { plan: JSON.parse(lines.join("\n")) as Record<string, unknown>[], truncated: false };
    },
  });
}
