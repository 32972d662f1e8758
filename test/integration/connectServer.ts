import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { toNodeHandler, type NodeIncomingMessageLike } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

export interface Pair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A small MCP server over HTTPS that can be restarted, and counts what reaches it. */
export interface TestServer {
  readonly url: string;
  /** Calls of the tools that began, by name. */
  readonly calls: Record<string, number>;
  /** Calls of `wait` that saw their cancellation. */
  cancelled: number;
  /** Keys that it accepts. */
  keys: string[];
  /** Listens again on the same port. */
  start(pair?: Pair): Promise<void>;
  /** Ends at once, as a killed process does. */
  stop(): Promise<void>;
  /** Shows another certificate from the next connection on. */
  use(pair: Pair): void;
}

export async function testServer(key: string, pair: Pair): Promise<TestServer> {
  let server: Server | undefined;
  let port = 0;
  const sockets = new Set<Socket>();
  const state: TestServer = {
    get url() {
      return `https://localhost:${port}/mcp`;
    },
    calls: {},
    cancelled: 0,
    keys: [key],
    async start(other = pair) {
      server = createServer({ key: other.privateKey, cert: other.certificate });
      server.on("connection", (socket: Socket) => sockets.add(socket));
      const handle = toNodeHandler(createMcpHandler(() => toolsOf(state)));
      server.on("request", (request, response) => {
        const known = state.keys.includes(String(request.headers["x-api-key"]));
        if (known) void handle(request as NodeIncomingMessageLike, response);
        else refuse(response);
      });
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      ({ port } = server.address() as AddressInfo);
    },
    async stop() {
      const closed = once(server!, "close");
      server!.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    use: (other) => server!.setSecureContext({ key: other.privateKey, cert: other.certificate }),
  };
  await state.start();
  return state;
}

function refuse(response: ServerResponse): void {
  const error = { code: -32_000, message: "unknown API key" };
  response.writeHead(401, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
}

function toolsOf(state: TestServer): McpServer {
  const mcp = new McpServer({ name: "test", version: "1" }, { capabilities: { tools: {}, logging: {} } });
  const began = (name: string) => (state.calls[name] = (state.calls[name] ?? 0) + 1);
  const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
  mcp.registerTool("echo", { inputSchema: z.object({ value: z.string() }) }, ({ value }) => {
    began("echo");
    return text(value);
  });
  mcp.registerTool("fail", {}, () => {
    began("fail");
    return { ...text("no such thing"), isError: true };
  });
  mcp.registerTool(
    "progress",
    { inputSchema: z.object({ steps: z.number() }) },
    async ({ steps }, { mcpReq: { _meta: meta, notify } }) => {
      for (let progress = 1; progress <= steps; progress++) {
        await notify({
          method: "notifications/progress",
          params: { progressToken: meta!.progressToken!, progress, total: steps },
        });
        // Clients drop progress that arrives together with the answer.
        await sleep(50);
      }
      return text("done");
    },
  );
  // `get_tables` is one of the reading tools of the postgres server, whose name the bridge is given.
  for (const name of ["wait", "get_tables"]) {
    mcp.registerTool(name, {}, async ({ mcpReq }) => {
      if (began(name) > 1) return text("waited");
      await sleep(60_000, undefined, { signal: mcpReq.signal }).catch(() => (state.cancelled += 1));
      return text("waited");
    });
  }
  return mcp;
}
