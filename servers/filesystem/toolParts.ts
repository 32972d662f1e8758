import type { CallToolResult, ToolAnnotations } from "@modelcontextprotocol/server";
import { z } from "zod";

/** What the tools have in common. */

export const pathSchema = (what: string) =>
  z.string().min(1).max(4096).describe(`${what}, absolute or relative to the server's root folder.`);

/** The same words as in the text of the answer, which is where clients of the stock server look. */
export const contentSchema = () => z.string().describe("The answer as text.");

export const reading: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

export function changing(hints: {
  readonly destructive: boolean;
  readonly idempotent: boolean;
}): ToolAnnotations {
  return {
    readOnlyHint: false,
    destructiveHint: hints.destructive,
    idempotentHint: hints.idempotent,
    openWorldHint: false,
  };
}

export function textContent({ content }: { readonly content: string }): CallToolResult["content"] {
  return [{ type: "text", text: content }];
}
