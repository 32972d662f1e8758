import { completable, ResourceTemplate } from "@modelcontextprotocol/server";
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { png } from "./contentFixtures.ts";

/** Resources: of text, of bytes, watched, and by template. */
export function registerResources(mcp: McpServer): void {
  const texts = {
    "test://static-text": "This is the content of the static text resource.",
    "test://watched-resource": "Watched resource content",
  };
  for (const [uri, content] of Object.entries(texts)) {
    const mimeType = "text/plain";
    mcp.registerResource(uri, uri, { description: "A text", mimeType }, () => ({
      contents: [{ uri, mimeType, text: content }],
    }));
  }
  const image = { description: "An image", mimeType: "image/png" };
  mcp.registerResource("static binary", "test://static-binary", image, ({ href: uri }) => ({
    contents: [{ uri, mimeType: image.mimeType, blob: png }],
  }));
  const data = { description: "Data by its id", mimeType: "application/json" };
  mcp.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    data,
    ({ href: uri }, { id }) => ({
      contents: [
        {
          uri,
          mimeType: data.mimeType,
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
}

/** Prompts: plain, with arguments that can be completed, with a resource, with an image. */
export function registerPrompts(mcp: McpServer): void {
  const user = "user" as const;
  const says = (text: string) => ({ role: user, content: { type: "text" as const, text } });
  mcp.registerPrompt("test_simple_prompt", { description: "A plain prompt" }, () => ({
    messages: [says("This is a simple prompt for testing.")],
  }));
  const argument = (description: string) =>
    completable(z.string().describe(description), (value) =>
      ["test one", "test two"].filter((word) => word.startsWith(value)),
    );
  mcp.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "A prompt with required arguments",
      argsSchema: z.object({ arg1: argument("First test argument"), arg2: argument("Second test argument") }),
    },
    ({ arg1, arg2 }) => ({ messages: [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  mcp.registerPrompt(
    "test_prompt_with_embedded_resource",
    {
      description: "A prompt with a resource in it",
      argsSchema: z.object({ resourceUri: z.string().describe("URI of the resource to embed") }),
    },
    ({ resourceUri: uri }) => ({
      messages: [
        {
          role: user,
          content: {
            type: "resource",
            resource: { uri, mimeType: "text/plain", text: "Embedded resource content for testing." },
          },
        },
        says("Please process the embedded resource above."),
      ],
    }),
  );
  mcp.registerPrompt("test_prompt_with_image", { description: "A prompt with an image" }, () => ({
    messages: [
      { role: user, content: { type: "image", data: png, mimeType: "image/png" } },
      says("Please analyze the image above."),
    ],
  }));
}
