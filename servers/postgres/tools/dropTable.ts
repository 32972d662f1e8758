import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Writer } from "../writer.ts";
import { workspaceName } from "./workspaceTable.ts";

const input = z.object({ table: workspaceName("Name of the table, without schema.") });
const output = z.object({ dropped: z.string().describe("The table that is gone.") });

export function dropTable(writer: Writer): AnyTool {
  return defineTool({
    name: "drop_table",
    title: "Remove a table of the workspace",
    description: "Removes a table of the schema workspace with all its rows, whoever made it.",
    permission: "write",
    audit: { record: ["table"], resource: ({ table }) => table },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    input,
    output,
    async run({ table }, call) {
      await writer.write(call, "SELECT mcp.drop_workspace_table($1)", [table]);
      return { dropped: `workspace.${table}` };
    },
  });
}
