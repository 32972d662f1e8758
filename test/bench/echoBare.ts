/**
 * `echoBare.ts [certificate key]`: the protocol library's own server with one trivial tool, over HTTPS with a pair,
 * else over HTTP; nothing checks who calls. Prints its port.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import type { NodeIncomingMessageLike } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { echo } from "./echoTool.ts";

const [cert, key] = process.argv.slice(2);
const handle = toNodeHandler(
  createMcpHandler(() => {
    const mcp = new McpServer({ name: "bare", version: "0.0.0" }, { capabilities: { tools: {} } });
    const { title, description, annotations, input, output } = echo;
    mcp.registerTool(
      echo.name,
      { title, description, annotations, inputSchema: input, outputSchema: output },
      (args) => {
        const answer = args as { value: string };
        return { content: [{ type: "text", text: JSON.stringify(answer) }], structuredContent: answer };
      },
    );
    return mcp;
  }),
);
const server =
  cert === undefined || key === undefined
    ? createHttpServer()
    : createHttpsServer({ cert: readFileSync(cert), key: readFileSync(key) });
server.on("request", (request, response) => void handle(request as NodeIncomingMessageLike, response));
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log((server.address() as AddressInfo).port);
