import type { AnyTool, ToolCall } from "#servers/runtime/tool.ts";
import type { AuditEvent } from "./auditor.ts";
import { recordedArguments } from "./recordedArguments.ts";

type End = Pick<AuditEvent, "outcome" | "problem" | "milliseconds">;

/** The record of a call of a tool whose arguments were checked. */
export function callEvent(tool: AnyTool, args: unknown, call: ToolCall, end: End): AuditEvent {
  return {
    ...eventOf(tool.name, call, end),
    resourceId: tool.audit?.resource?.(args),
    request: recordedArguments(args, tool.audit),
  };
}

/** The record of a call that did not come to a tool; its arguments are nobody's yet. */
export function eventOf(
  name: string,
  { caller, requestId, address, userAgent }: ToolCall,
  end: End,
): AuditEvent {
  return {
    action: name,
    resourceType: "tool",
    client: caller.client,
    address,
    userAgent,
    response: { requestId, keyId: caller.keyId },
    ...end,
  };
}
