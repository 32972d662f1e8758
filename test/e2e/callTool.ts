import type { Client } from "@modelcontextprotocol/client";

/** What a tool returned as structured content; an error of the tool is thrown. */
export async function callTool<T>(client: Client, name: string, args: Record<string, unknown>): Promise<T> {
  const answer = await client.callTool({ name, arguments: args });
  if (answer.isError) throw new Error(JSON.stringify(answer.content));
  return answer.structuredContent as T;
}
