import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { checkMetadata, checkText, checkTexts, futureInstant, memoryId, tags, tidyTags } from "../input.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { anyObject } from "../memoryRow.ts";

const input = z.object({
  memory_id: memoryId(),
  tags: tags().optional().describe("In place of those that it has."),
  metadata: anyObject().optional().describe("In place of what it has."),
  expires_at: z.iso.datetime({ offset: true }).optional().describe("When it is forgotten, ISO 8601."),
  shared: z.boolean().optional().describe("Whether every client of this server may read it."),
});

const output = z.object({
  memory_id: z.string(),
  tags: z.array(z.string()),
  expires_at: z.string().describe("ISO 8601, UTC; empty: never."),
  shared: z.boolean(),
});

interface Updated {
  readonly tags: string[] | null;
  readonly expires_at: Date | null;
  readonly shared: boolean;
}

/** Content is not among what changes: a changed text is another memory, or `store_memory` with the same id. */
export function updateMemory({ database }: MemoryContext): AnyTool {
  return defineTool({
    name: "update_memory",
    title: "Change a memory's tags, metadata, end or sharing",
    description: "Changes what is given and leaves the rest; only your own memories. The content stays.",
    permission: "write",
    audit: { record: ["memory_id"], resource: ({ memory_id }) => memory_id },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    input,
    output,
    async run({ memory_id, tags: given, metadata, expires_at, shared }, { caller }) {
      checkText("memory_id", memory_id);
      checkTexts("tags", given);
      if (metadata) checkMetadata(metadata);
      const expires = expires_at === undefined ? null : futureInstant("expires_at", expires_at, new Date());
      const rows = await database.asClient(caller.client, (query) =>
        query<Updated>(
          `UPDATE mcp.memory_items SET tags = coalesce($3, tags), metadata = coalesce($4, metadata),
              expires_at = coalesce($5, expires_at), shared = coalesce($6, shared)
            WHERE memory_id = $1 AND owner = $2 AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)
            RETURNING tags, expires_at, shared`,
          [
            memory_id,
            caller.client,
            given === undefined ? null : tidyTags(given),
            metadata === undefined ? null : JSON.stringify(metadata),
            expires,
            shared ?? null,
          ],
        ),
      );
      const row = rows[0];
      if (!row)
        throw new ToolError("unknown", "You have no memory with this memory_id; search_by_tag lists yours.");
      return {
        memory_id,
        tags: row.tags ?? [],
        expires_at: row.expires_at?.toISOString() ?? "",
        shared: row.shared,
      };
    },
  });
}
