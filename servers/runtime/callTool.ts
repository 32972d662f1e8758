import type { CallToolResult } from "@modelcontextprotocol/server";
import type { AuditOutcome, Auditor, Reservation } from "./audit/auditor.ts";
import { SpoolFull } from "./audit/auditor.ts";
import { callEvent } from "./audit/callEvent.ts";
import { admitCall } from "./limits/admitCall.ts";
import type { CallLimits } from "./limits/admitCall.ts";
import type { Log } from "./log.ts";
import { ToolError } from "./tool.ts";
import type { AnyTool, ToolCall } from "./tool.ts";

export interface CallOptions {
  readonly log: Log;
  /** Takes one line per call, of fields that hold no secret: `withoutRedaction`. */
  readonly callLog: Log;
  /** Longest time of the call in milliseconds. */
  readonly timeout: number;
  readonly limits: CallLimits;
  readonly auditor: Auditor;
  /** Whether calls of tools that only read are recorded. */
  readonly recordReads: boolean;
}

interface Ending {
  readonly outcome: AuditOutcome;
  readonly result: CallToolResult;
  /** Goes to log and record instead of the message. */
  readonly code?: string;
  /** What nobody foresaw. */
  readonly error?: unknown;
}

/**
 * Runs one call: limit, time limit, result in both forms, one log line, one record, and no error text that was not
 * meant for the caller. Room for the record is kept before anything is done; a call that writes or executes is
 * answered when its record is safe.
 */
export async function callTool(
  tool: AnyTool,
  args: unknown,
  call: ToolCall,
  options: CallOptions,
): Promise<CallToolResult> {
  const start = performance.now();
  const recorded = tool.permission !== "read" || options.recordReads;
  let room: Reservation | undefined;
  try {
    const refusal = admitCall(tool.name, call, options);
    if (refusal !== undefined) return failure(refusal);
    room = recorded ? options.auditor.reserve() : undefined;
    const ending = await run(tool, args, call, options.timeout);
    const milliseconds = since(start);
    logCall(tool, call, ending, milliseconds, options);
    const { outcome, code } = ending;
    const event = callEvent(tool, args, call, { outcome, problem: code, milliseconds });
    await room?.record(event, tool.permission === "read" ? "soon" : "before-answer");
    return ending.result;
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error;
    options.log.error(
      { tool: tool.name, requestId: call.requestId, problem: error.message },
      "call not recorded",
    );
    return failure(
      room
        ? `the call was carried out, but its record is not safe: ${error.message}`
        : `nothing was done, because ${error.message}; try again later`,
    );
  } finally {
    room?.release();
  }
}

async function run(tool: AnyTool, args: unknown, call: ToolCall, timeout: number): Promise<Ending> {
  const limit = new AbortController();
  // Not AbortSignal.timeout: its timer outlives the call, and thousands of them would wait at any time.
  const timer = setTimeout(() => limit.abort(), timeout);
  try {
    const signal = AbortSignal.any([call.signal, limit.signal]);
    const output = await tool.run(args, { ...call, signal });
    return { outcome: "success", result: { content: tool.content(output), structuredContent: output } };
  } catch (error) {
    const told = limit.signal.aborted
      ? new ToolError("timeout", `the call took longer than ${timeout} ms and was ended`)
      : error;
    if (told instanceof ToolError)
      return { outcome: "failed", code: told.code, result: failure(told.message) };
    const text = `internal error; the server's log has it under request ${call.requestId}`;
    return { outcome: "error", code: "internal", error, result: failure(text) };
  } finally {
    clearTimeout(timer);
  }
}

function logCall(
  tool: AnyTool,
  call: ToolCall,
  ending: Ending,
  milliseconds: number,
  { log, callLog }: CallOptions,
): void {
  const { caller, requestId } = call;
  const outcome = ending.outcome === "success" ? "success" : "failed";
  const line = {
    tool: tool.name,
    client: caller.client,
    keyId: caller.keyId,
    requestId,
    outcome,
    milliseconds,
  };
  if (ending.error !== undefined) log.error({ ...line, err: ending.error }, "tool call");
  else callLog.info(ending.code === undefined ? line : { ...line, code: ending.code }, "tool call");
}

function failure(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

function since(start: number): number {
  return Math.round((performance.now() - start) * 100) / 100;
}
