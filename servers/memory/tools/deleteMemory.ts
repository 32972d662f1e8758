import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { checkText, memoryId } from "../input.ts";
import type { MemoryContext } from "../memoryContext.ts";

const input = z.object({ memory_id: memoryId() });

const output = z.object({
  memory_id: z.string(),
  deleted: z.boolean().describe("False: you have no memory with this id."),
});

export function deleteMemory({ database }: MemoryContext): AnyTool {
  return defineTool({
    name: "delete_memory",
    title: "Forget a memory",
    description:
      "Removes one of your memories for good. What another client shared can be removed by that client only.",
    permission: "write",
    audit: { record: ["memory_id"], resource: ({ memory_id }) => memory_id },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ memory_id }, { caller }) {
      checkText("memory_id", memory_id);
      const rows = await database.asClient(caller.client, (query) =>
        query("DELETE FROM mcp.memory_items WHERE memory_id = $1 AND owner = $2 RETURNING id", [
          memory_id,
          caller.client,
        ]),
      );
      return { memory_id, deleted: rows.length > 0 };
    },
  });
}
