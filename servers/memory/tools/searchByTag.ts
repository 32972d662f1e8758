import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { checkTexts, resultCount, tag, tidyTags } from "../input.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { newest } from "../memorySearch.ts";
import { foundShape, present } from "./answer.ts";

const input = z.object({
  tags: z.array(tag()).min(1).max(100),
  match: z.enum(["any", "all"]).default("any").describe("Whether one of the tags is enough; default any."),
  n_results: resultCount(50),
});

const output = z.object(foundShape);

export function searchByTag(context: MemoryContext): AnyTool {
  return defineTool({
    name: "search_by_tag",
    title: "Find memories by tag",
    description: "Finds the memories that have any, or all, of some tags, newest first.",
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ tags, match, n_results }, call) {
      checkTexts("tags", tags);
      const wanted = tidyTags(tags);
      if (wanted.length === 0) throw new ToolError("tags", "tags must have at least one that is not blank.");
      const rows = await context.database.readAsClient(call.caller.client, (query) =>
        newest(query, { tags: wanted, match }, n_results),
      );
      return present(context, call, rows);
    },
  });
}
