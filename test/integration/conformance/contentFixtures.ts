import { setTimeout as sleep } from "node:timers/promises";
import type { CallToolResult, McpServer, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";

/** One red pixel. */
export const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/** One silent sample. */
const wav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";

const none = z.object({});
const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });

/** Tools that answer each kind of content, with progress or log messages on the way. */
export function registerContentTools(mcp: McpServer): void {
  const answers: Record<string, CallToolResult> = {
    test_simple_text: text("This is a simple text response for testing."),
    test_image_content: { content: [{ type: "image", data: png, mimeType: "image/png" }] },
    test_audio_content: { content: [{ type: "audio", data: wav, mimeType: "audio/wav" }] },
    test_embedded_resource: {
      content: [
        {
          type: "resource",
          resource: {
            uri: "test://embedded-resource",
            mimeType: "text/plain",
            text: "This is an embedded resource content.",
          },
        },
      ],
    },
    test_multiple_content_types: {
      content: [
        { type: "text", text: "Multiple content types test:" },
        { type: "image", data: png, mimeType: "image/png" },
        {
          type: "resource",
          resource: {
            uri: "test://mixed-content-resource",
            mimeType: "application/json",
            text: JSON.stringify({ test: "data", value: 123 }),
          },
        },
      ],
    },
  };
  for (const [name, answer] of Object.entries(answers)) {
    mcp.registerTool(name, { description: `Conformance: ${name}`, inputSchema: none }, () => answer);
  }
  mcp.registerTool(
    "test_tool_with_progress",
    { description: "Reports its progress", inputSchema: none },
    async (_, context) => {
      for (const progress of [0, 50, 100]) {
        await report(context, progress);
        if (progress < 100) await sleep(50);
      }
      return text("done");
    },
  );
  for (const name of ["test_tool_with_logging", "test_logging_tool"]) {
    mcp.registerTool(
      name,
      { description: "Logs what it does to its client", inputSchema: none },
      async (_, { mcpReq }) => {
        for (const line of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
          await mcpReq.log("info", line);
          await sleep(50);
        }
        return text("logged");
      },
    );
  }
}

async function report({ mcpReq }: ServerContext, progress: number): Promise<void> {
  const { _meta: meta } = mcpReq;
  const progressToken = meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({
    method: "notifications/progress",
    params: { progressToken, progress, total: 100 },
  });
}
