import { z } from "zod";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { MemoryContext } from "../memoryContext.ts";
import { memorySchema, toMemories } from "../memoryRow.ts";
import type { Memory, MemoryRow } from "../memoryRow.ts";

/* What the answers of all searching tools have in common. */

export const foundShape = {
  memories: z.array(memorySchema),
  unreadable: z
    .number()
    .int()
    .describe("Memories left out because their content does not open: its key is gone, or it was changed."),
  truncated: z.boolean().describe("Whether memories were left out because the answer became too large."),
} as const;

export interface Found {
  readonly memories: Memory[];
  readonly unreadable: number;
  readonly truncated: boolean;
}

/** Opens what was found, counts that it was answered, and tells the log of what does not open. */
export function present(
  { cipher, accesses, log }: MemoryContext,
  { caller }: ToolCall,
  rows: readonly MemoryRow[],
): Found {
  const { memories, ids, unreadable, truncated } = toMemories(rows, caller.client, cipher);
  accesses.note(ids);
  if (unreadable.length > 0) log.warn({ memoryIds: unreadable }, "content does not open");
  return { memories, unreadable: unreadable.length, truncated };
}
