import type {
  CallToolResult,
  ElicitRequestFormParams,
  McpServer,
  ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });

/** Tools that ask their client in the middle of a call, which takes a session (2025-11-25). */
export function registerSessionTools(mcp: McpServer): void {
  mcp.registerTool(
    "test_sampling",
    { description: "Asks the client's model", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, context) => {
      requireSession(context);
      const { content } = await context.mcpReq.send({
        method: "sampling/createMessage",
        params: { messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens: 100 },
      });
      return text(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  mcp.registerTool(
    "test_elicitation",
    { description: "Asks the client's user", inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) => {
      const properties = {
        username: { type: "string" as const, description: "User's response" },
        email: { type: "string" as const, description: "User's email address" },
      };
      const form = { type: "object" as const, properties, required: ["username", "email"] };
      return text(`User response: ${await elicit(context, message, form)}`);
    },
  );
  const forms = {
    test_elicitation_sep1034_defaults: {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    },
    test_elicitation_sep1330_enums: {
      untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
      titledSingle: { type: "string", oneOf: titled(["First Option", "Second Option", "Third Option"]) },
      legacyEnum: {
        type: "string",
        enum: ["opt1", "opt2", "opt3"],
        enumNames: ["Option One", "Option Two", "Option Three"],
      },
      untitledMulti: {
        type: "array",
        items: { type: "string", enum: ["option1", "option2", "option3"] },
      },
      titledMulti: {
        type: "array",
        items: { anyOf: titled(["First Choice", "Second Choice", "Third Choice"]) },
      },
    },
  } as const;
  for (const [name, properties] of Object.entries(forms)) {
    mcp.registerTool(
      name,
      { description: "Asks the client's user with a form", inputSchema: z.object({}) },
      async (_, context) => {
        const form = { type: "object", properties } as unknown as ElicitRequestFormParams["requestedSchema"];
        return text(`Elicitation completed: ${await elicit(context, "Please fill in", form)}`);
      },
    );
  }
}

function titled(titles: readonly string[]) {
  return titles.map((title, index) => ({ const: `value${index + 1}`, title }));
}

async function elicit(
  context: ServerContext,
  message: string,
  requestedSchema: ElicitRequestFormParams["requestedSchema"],
): Promise<string> {
  requireSession(context);
  const { action, content } = await context.mcpReq.send({
    method: "elicitation/create",
    params: { mode: "form", message, requestedSchema },
  });
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}

/** Without one the client's answer would reach another server object, and this call would wait for ever. */
function requireSession({ sessionId }: ServerContext): void {
  if (sessionId === undefined) throw new Error("a client without a session cannot be asked");
}
