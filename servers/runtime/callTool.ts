import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Log } from "./log.ts";
import { ToolError } from "./tool.ts";
import type { AnyTool, ToolCall } from "./tool.ts";

/** Runs one call: time limit, result in both forms, one log line, and no error text that was not meant for the caller. */
export async function callTool(
  tool: AnyTool,
  args: unknown,
  call: ToolCall,
  { log, timeout }: { log: Log; timeout: number },
): Promise<CallToolResult> {
  const start = performance.now();
  const limit = AbortSignal.timeout(timeout);
  const event = {
    tool: tool.name,
    client: call.caller.client,
    keyId: call.caller.keyId,
    requestId: call.requestId,
  };
  try {
    const signal = AbortSignal.any([call.signal, limit]);
    const output = await tool.run(args, { ...call, signal });
    log.info({ ...event, outcome: "success", milliseconds: since(start) }, "tool call");
    return { content: tool.content(output), structuredContent: output };
  } catch (error) {
    const told = limit.aborted
      ? new ToolError("timeout", `the call took longer than ${timeout} ms and was ended`)
      : error;
    const line = { ...event, outcome: "failed", milliseconds: since(start) };
    if (told instanceof ToolError) {
      log.info({ ...line, code: told.code }, "tool call");
      return failure(told.message);
    }
    log.error({ ...line, err: error }, "tool call");
    return failure(`internal error; the server's log has it under request ${call.requestId}`);
  }
}

function failure(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

function since(start: number): number {
  return Math.round((performance.now() - start) * 100) / 100;
}
