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
import { SpoolFull } from "./audit/auditor.ts";
import type { Auditor } from "./audit/auditor.ts";
import { calledTool, recordUncallable, watchedInput } from "./audit/refusedCalls.ts";
import { callTool } from "./callTool.ts";
import type { CallOptions } from "./callTool.ts";
import { TokenBuckets } from "./limits/tokenBuckets.ts";
import { describeError, withoutRedaction } from "./log.ts";
import type { Log } from "./log.ts";
import type { Loaded } from "./loadConfig.ts";
import type { CallMeter } from "./observe/callMeter.ts";
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
  readonly auditor: Auditor;
  readonly meter: CallMeter;
  readonly current: () => Pick<Loaded, "config" | "access">;
  readonly mount?: McpMount | undefined;
}

/** Larger than any limit of ours: the HTTP server in front enforces `maxRequestSize`. */
const unbounded = Number.MAX_SAFE_INTEGER;

/** Callers times tools whose calls are counted at the same time. */
const countedCallers = 10_000;

/**
 * One handler for both protocol eras, without sessions: every request gets its own server object with the
 * tools that its caller may use, so that nothing of one caller can reach another.
 */
export function createHandler(options: McpHandlerOptions): McpHttpHandler {
  const buckets = new TokenBuckets(countedCallers);
  const callLog = withoutRedaction(options.log);
  const callOptions = (): CallOptions => {
    const { config } = options.current();
    return {
      log: options.log,
      callLog,
      auditor: options.auditor,
      timeout: config.server.timeout,
      limits: { buckets, rate: config.security.rateLimit },
      recordReads: config.security.auditLogging !== false,
    };
  };
  const factory = ({ authInfo }: McpRequestContext): McpServer => {
    const exchange = exchangeOf(authInfo);
    const mcp = new McpServer(
      { name: `kilocode-${options.server}`, version: options.version },
      { capabilities: { tools: {} }, ...options.mount?.options, instructions: options.instructions },
    );
    for (const tool of toolsFor(exchange, options)) register(mcp, tool, exchange, options, callOptions);
    mcp.resolveScopeChallenge = challengeFor(exchange.call, options);
    options.mount?.extend(mcp);
    return mcp;
  };
  const serve = options.mount?.serve ?? createMcpHandler;
  const handler = serve(factory, {
    maxRequestBodySize: unbounded,
    onerror: (error) => options.log.debug({ err: describeError(error) }, "request refused by the protocol"),
  });
  return {
    ...handler,
    async fetch(request, given) {
      const exchange = exchangeOf(given?.authInfo);
      const { call } = exchange;
      exchange.called = calledTool(given?.parsedBody);
      const refusal = (tool: AnyTool): string | undefined =>
        refusedPermission(options.server, tool.permission, call, options.current());
      try {
        await recordUncallable(exchange.called, call, options.tools(), refusal, callOptions());
      } catch (error) {
        if (!(error instanceof SpoolFull)) throw error;
        return unrecorded(error);
      }
      return handler.fetch(request, given);
    },
  };
}

/** What the caller may use; of that only the tool that the request calls, if it calls one of them. */
function toolsFor(
  { call, called }: Exchange,
  { server, tools, current }: McpHandlerOptions,
): readonly AnyTool[] {
  const usable = ({ permission }: AnyTool): boolean =>
    refusedPermission(server, permission, call, current()) === undefined;
  const one = tools().find(({ name }) => name === called);
  return one && usable(one) ? [one] : tools().filter(usable);
}

function unrecorded({ message }: SpoolFull): Response {
  const body = { jsonrpc: "2.0", error: { code: -32_000, message }, id: null };
  return Response.json(body, { status: 503, headers: { "retry-after": "10" } });
}

function register(
  mcp: McpServer,
  tool: AnyTool,
  exchange: Exchange,
  { meter }: McpHandlerOptions,
  options: () => CallOptions,
): void {
  const { title, description, annotations } = tool;
  const { call } = exchange;
  const inputSchema = watchedInput(tool, call, options());
  mcp.registerTool(
    tool.name,
    { title, description, annotations, inputSchema, outputSchema: tool.output },
    async (args, context) => {
      const signal = AbortSignal.any([call.signal, context.mcpReq.signal]);
      const result = await meter.measure(tool.name, call.caller.client, () =>
        callTool(tool, args, { ...call, signal }, options()),
      );
      exchange.failed = result.isError === true;
      return result;
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

/** One request, for as long as it is under way. */
export interface Exchange {
  readonly call: ToolCall;
  /** Name of the tool that it calls, as its body says. */
  called?: string | undefined;
  /** Whether the tool that was called failed, although the answer's status is 200. */
  failed: boolean;
}

/** What the HTTP server hands to the tools of one request, through the protocol library. */
export function authInfoOf(exchange: Exchange, resourceMetadataUrl: string): AuthInfo {
  const clientId = exchange.call.caller.client;
  // The key itself goes no further than the HTTP server.
  return { token: "", clientId, scopes: [], resourceMetadataUrl, extra: { exchange } };
}

function exchangeOf(authInfo: AuthInfo | undefined): Exchange {
  const exchange = authInfo?.extra?.["exchange"];
  if (exchange === undefined) throw new Error("a request reached the tools without a caller");
  return exchange as Exchange;
}
