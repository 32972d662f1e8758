import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { refuseUnlessManager } from "../refuseUnlessManager.ts";
import { importExport } from "../transfer/importExport.ts";

const input = z.object({
  file: z.string().min(1).max(255).describe("Name of an export, as get_stats lists them."),
});

const output = z.object({
  read: z.number().int().describe("Memories of the export whose time is not over."),
  restored: z.number().int().describe("Those that were not there."),
  present: z.number().int().describe("Those that were there, and stay as they are."),
  expired: z.number().int().describe("Left out because their time was over."),
  without_embedding: z.number().int().describe("Restored ones that reembed_memories has to embed."),
  evicted: z.number().int().describe("Memories, used least, that were beyond maxItems."),
});

export function importMemories(context: MemoryContext): AnyTool {
  return defineTool({
    name: "import_memories",
    title: "Restore memories from an export",
    description:
      "Restores the memories of an export that are no longer there, each to its owner. The file is checked as a whole before anything changes; the same import again changes nothing.",
    permission: "execute",
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ file }, call) {
      refuseUnlessManager(context, call);
      const { read, restored, expired, withoutEmbedding } = await importExport(context, file);
      return {
        read,
        restored,
        present: read - restored,
        expired,
        without_embedding: withoutEmbedding,
        evicted: restored > 0 ? await context.room.check() : 0,
      };
    },
  });
}
