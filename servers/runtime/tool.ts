import type { CallToolResult, StandardSchemaWithJSON, ToolAnnotations } from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { ToolAudit } from "./audit/recordedArguments.ts";
import { describedOnce } from "./describedOnce.ts";
import type { Caller } from "./keyVerifier.ts";

/** What a tool does to the world; `access.json` gives each role its permissions. */
export type Permission = "read" | "write" | "execute";

/** One call of a tool. */
export interface ToolCall {
  readonly caller: Caller;
  readonly requestId: string;
  /** Of the client, as far as it can be known: see `clientAddress`. */
  readonly address: string;
  readonly userAgent?: string | undefined;
  /** Aborts when the client is gone or the server's time-out has passed; the work must end then. */
  readonly signal: AbortSignal;
}

export interface Tool<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly permission: Permission;
  readonly annotations: ToolAnnotations;
  readonly input: I;
  readonly output: O;
  /** What of a call is recorded in `audit_logs`; default the names and sizes of its arguments. */
  readonly audit?: ToolAudit<z.output<I>>;
  /** @throws ToolError for what the caller is to be told */
  run(args: z.output<I>, call: ToolCall): Promise<z.input<O>>;
  /** The answer for clients that do not read structured content; default the output as JSON. */
  content?(output: z.input<O>): CallToolResult["content"];
}

/** A tool whose types are only known inside it. */
export interface AnyTool extends Omit<Tool, "input" | "output" | "audit" | "run" | "content"> {
  readonly input: StandardSchemaWithJSON;
  readonly output: StandardSchemaWithJSON;
  readonly audit?: ToolAudit | undefined;
  /** `args` have passed `input`. */
  run(args: unknown, call: ToolCall): Promise<Record<string, unknown>>;
  content(output: Record<string, unknown>): CallToolResult["content"];
}

/** Keeps the argument and result types of a tool together while it is written. */
export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): AnyTool {
  return {
    ...tool,
    input: describedOnce(tool.input),
    output: describedOnce(tool.output),
    audit: tool.audit as ToolAudit | undefined,
    run: (args, call) => tool.run(args as z.output<I>, call),
    content: (result) =>
      tool.content?.(result as z.input<O>) ?? [{ type: "text", text: JSON.stringify(result) }],
  };
}

/** A failure that the caller is told in these words. Anything else becomes an internal error with the request's id. */
export class ToolError extends Error {
  /** Goes to the log instead of the message, e.g. an SQLSTATE. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ToolError";
    this.code = code;
  }
}
