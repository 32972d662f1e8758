import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { MemoryContext } from "../memoryContext.ts";

const input = z.object({
  n_results: z.number().int().min(1).max(1000).default(200).describe("Tags at most; default 200."),
});

const output = z.object({
  tags: z.array(z.object({ tag: z.string(), memories: z.number().int() })).describe("Most used first."),
});

export function listTags({ database }: MemoryContext): AnyTool {
  return defineTool({
    name: "list_tags",
    title: "List tags",
    description: "Lists the tags of all memories that you can read, and how many memories have each.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ n_results }, { caller }) {
      const tags = await database.readAsClient(caller.client, (query) =>
        query<{ tag: string; memories: number }>(
          `SELECT tag, count(*)::integer AS memories FROM mcp.memory_items, unnest(tags) AS tag
            WHERE expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP
            GROUP BY tag ORDER BY memories DESC, tag LIMIT $1`,
          [n_results],
        ),
      );
      return { tags };
    },
  });
}
