import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { refuseUnlessManager } from "../refuseUnlessManager.ts";
import { writeExport } from "../transfer/writeExport.ts";

const output = z.object({
  file: z.string().describe("Name in the server's folder of exports; import_memories takes it."),
  memories: z.number().int(),
  bytes: z.number().int(),
});

export function exportMemories(context: MemoryContext): AnyTool {
  return defineTool({
    name: "export_memories",
    title: "Export all memories",
    description:
      "Writes everybody's memories to a new file in the server's folder of exports, now instead of at the next interval. Contents stay encrypted.",
    permission: "execute",
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    input: z.object({}),
    output,
    async run(_, call) {
      refuseUnlessManager(context, call);
      return { ...(await writeExport(context, call.signal)) };
    },
  });
}
