import { randomUUID } from "node:crypto";
import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type {
  McpHandlerRequestOptions,
  McpHttpHandler,
  McpServer,
  McpServerFactory,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { McpMount } from "#servers/runtime/mcpHandler.ts";
import { registerContentTools } from "./contentFixtures.ts";
import { registerInputTools, stateCodec } from "./inputFixtures.ts";
import { registerPrompts, registerResources } from "./primitiveFixtures.ts";
import { registerSessionTools } from "./sessionFixtures.ts";

/**
 * The conformance suite's fixtures around the runtime's own server objects.
 *
 * @param sessions requests of the old era are served with a session each; default without, as the servers do
 */
export function fixtureMount(sessions: boolean): McpMount {
  let handler: McpHttpHandler;
  return {
    options: {
      capabilities: { tools: {}, resources: { subscribe: true }, logging: {}, completions: {} },
      requestState: { verify: (state, context) => stateCodec.verify(state, context) },
    },
    extend(mcp) {
      registerContentTools(mcp);
      registerResources(mcp);
      registerPrompts(mcp);
      registerInputTools(mcp);
      registerSessionTools(mcp);
      registerChanges(mcp, () => handler);
      acceptSubscriptions(mcp);
    },
    serve(factory, options) {
      handler = createMcpHandler(factory, options);
      return sessions ? { ...handler, fetch: withSessions(factory, handler) } : handler;
    },
  };
}

/** Tools that say that the lists of tools and prompts have changed. */
function registerChanges(mcp: McpServer, handler: () => McpHttpHandler): void {
  const changes = {
    test_trigger_tool_change: () => handler().notify.toolsChanged(),
    test_trigger_prompt_change: () => handler().notify.promptsChanged(),
  };
  for (const [name, change] of Object.entries(changes)) {
    mcp.registerTool(name, { description: "Says that a list has changed", inputSchema: z.object({}) }, () => {
      change();
      return { content: [{ type: "text", text: "changed" }] };
    });
  }
}

function acceptSubscriptions({ server }: McpServer): void {
  const subscribed = new Set<string>();
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}

/** The SDK's session transport for the old era, the stateless handler for the new one. */
function withSessions(factory: McpServerFactory, modern: McpHttpHandler): McpHttpHandler["fetch"] {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const open = async (options: McpHandlerRequestOptions | undefined) => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    const authInfo = options?.authInfo;
    const mcp = await factory({ era: "legacy", ...(authInfo && { authInfo }) });
    await mcp.connect(transport);
    return transport;
  };
  return async (request, options) => {
    if (!(await isLegacyRequest(request))) return modern.fetch(request, options);
    const id = request.headers.get("mcp-session-id");
    const known = id === null ? await open(options) : sessions.get(id);
    return known ? known.handleRequest(request, options) : new Response("no such session", { status: 404 });
  };
}
