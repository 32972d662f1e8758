import { McpServer, createMcpHandler } from "@modelcontextprotocol/server";
import type {
  AuthInfo,
  CreateMcpHandlerOptions,
  McpHttpHandler,
  McpRequestContext,
  McpServerFactory,
  McpServerOptions,
  ScopeChallengeHandler,
} from "@modelcontextprotocol/server";
import { refusedPermission } from "./access/permissions.ts";
import { callTool } from "./callTool.ts";
import { describeError } from "./log.ts";
import type { Log } from "./log.ts";
import type { Loaded } from "./loadConfig.ts";
import type { AnyTool, ToolCall } from "./tool.ts";

/**
 * What a program puts around the tools: more primitives on each server object, and another way for requests
 * to reach it. The conformance tests mount the suite's fixtures and its sessions so; no server of ours has one.
 */
export interface McpMount {
  readonly options?: McpServerOptions;
  /** Called for each new server object, which has the caller's tools already. */
  extend(mcp: McpServer): void;
  readonly serve: (factory: McpServerFactory, options: CreateMcpHandlerOptions) => McpHttpHandler;
}

export interface McpHandlerOptions {
  readonly server: string;
  readonly version: string;
  readonly instructions: string;
  readonly tools: () => readonly AnyTool[];
  readonly log: Log;
  readonly current: () => Pick<Loaded, "config" | "access">;
  readonly mount?: McpMount | undefined;
}

/** Larger than any limit of ours: the HTTP server in front enforces `maxRequestSize`. */
const unbounded = Number.MAX_SAFE_INTEGER;

/**
 * One handler for both protocol eras, without sessions: every request gets its own server object with the
 * tools that its caller may use, so that nothing of one caller can reach another.
 */
export function createHandler(options: McpHandlerOptions): McpHttpHandler {
  const factory = ({ authInfo }: McpRequestContext): McpServer => {
    const call = callOf(authInfo);
    const mcp = new McpServer(
      { name: `kilocode-${options.server}`, version: options.version },
      { capabilities: { tools: {} }, ...options.mount?.options, instructions: options.instructions },
    );
    for (const tool of options.tools()) {
      const refused = refusedPermission(options.server, tool.permission, call, options.current());
      if (refused === undefined) register(mcp, tool, call, options);
    }
    mcp.resolveScopeChallenge = challengeFor(call, options);
    options.mount?.extend(mcp);
    return mcp;
  };
  const serve = options.mount?.serve ?? createMcpHandler;
  return serve(factory, {
    maxRequestBodySize: unbounded,
    onerror: (error) => options.log.debug({ err: describeError(error) }, "request refused by the protocol"),
  });
}

function register(mcp: McpServer, tool: AnyTool, call: ToolCall, { log, current }: McpHandlerOptions): void {
  const { title, description, annotations } = tool;
  mcp.registerTool(
    tool.name,
    { title, description, annotations, inputSchema: tool.input, outputSchema: tool.output },
    (args, context) => {
      const signal = AbortSignal.any([call.signal, context.mcpReq.signal]);
      return callTool(tool, args, { ...call, signal }, { log, timeout: current().config.server.timeout });
    },
  );
}

/** What 403 says for a call of a tool that the caller does not see; for an unknown one the protocol answers. */
function challengeFor(call: ToolCall, options: McpHandlerOptions): ScopeChallengeHandler {
  return ({ request }) => {
    if (request.method !== "tools/call") return undefined;
    const tool = options.tools().find(({ name }) => name === request.params?.["name"]);
    const problem = tool && refusedPermission(options.server, tool.permission, call, options.current());
    return problem === undefined ? undefined : { scopes: [tool!.permission], errorDescription: problem };
  };
}

/** What the HTTP server hands to the tools of one request, through the protocol library. */
export function authInfoOf(call: ToolCall, resourceMetadataUrl: string): AuthInfo {
  // The key itself goes no further than the HTTP server.
  return { token: "", clientId: call.caller.client, scopes: [], resourceMetadataUrl, extra: { call } };
}

function callOf(authInfo: AuthInfo | undefined): ToolCall {
  const call = authInfo?.extra?.["call"];
  if (call === undefined) throw new Error("a request reached the tools without a caller");
  return call as ToolCall;
}
