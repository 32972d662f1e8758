import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { fixOutput, toFixOutput } from "../fixes/fixRow.ts";
import type { Fixes } from "../fixes/fixes.ts";

const input = z.object({
  statuses: z
    .array(z.enum(["proposed", "approved", "applied", "rolled back", "void"]))
    .min(1)
    .max(5)
    .optional(),
  limit: z.number().int().min(1).max(500).optional().describe("Default 100; the newest come first."),
});

export function listFixes(fixes: Fixes): AnyTool {
  return defineTool({
    name: "list_fixes",
    title: "List fixes",
    description: "Lists fixes with their SQL, who proposed and who approved them.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output: z.object({ fixes: z.array(fixOutput) }),
    async run({ statuses, limit = 100 }) {
      const rows = await fixes.list(statuses, limit);
      return { fixes: rows.map(toFixOutput) };
    },
  });
}
