import { ToolError } from "#servers/runtime/tool.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { MemoryContext } from "./memoryContext.ts";

/** What concerns everybody's memories takes more than `execute`, which every user has by default. */
export function refuseUnlessManager({ mayManage }: MemoryContext, call: ToolCall): void {
  if (mayManage(call)) return;
  throw new ToolError(
    "permission",
    "This concerns the memories of all clients: only a client whose role has every permission (*) may do it, such as admin.",
  );
}
