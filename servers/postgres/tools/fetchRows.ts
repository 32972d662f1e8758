import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { KeptResults } from "../keptResults.ts";
import { nextCursor, presentRows, resultSet } from "./resultSet.ts";

const input = z.object({
  cursor: z.string().min(1).max(100).describe("As execute_query or this tool gave it."),
});
const output = z.object({ ...resultSet, cursor: nextCursor });

export function fetchRows(results: KeptResults): AnyTool {
  return defineTool({
    name: "fetch_rows",
    title: "Get the next rows of a query",
    description:
      'Returns the next page of a result that execute_query began with "paging". All pages are of one moment. The same cursor gives the same page again.',
    permission: "read",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input,
    output,
    run: ({ cursor }, call) => {
      const { answer, cursor: next } = results.page(call.caller.client, cursor);
      return Promise.resolve({ ...presentRows(answer), ...(next === undefined ? {} : { cursor: next }) });
    },
  });
}
