import { gateClient, type ServerName } from "#model/names.ts";
import type { ServerQuestion } from "./serverAnswers.ts";

/** A call on each server that changes nothing and needs what the server needs. */
const readingCalls: Record<ServerName, { tool: string; arguments: Record<string, unknown> }> = {
  filesystem: { tool: "list_allowed_directories", arguments: {} },
  postgres: { tool: "execute_query", arguments: { sql: "SELECT count(*) FROM memory_items" } },
  memory: { tool: "get_stats", arguments: {} },
  compliance: { tool: "list_rules", arguments: {} },
};

export interface AskedServers {
  /** Server to the URL of its `/mcp` as published. */
  readonly published: Partial<Record<ServerName, string>>;
  readonly ca: string;
  readonly apiKeys: Readonly<Record<string, string>>;
}

/** What the gate asks each server. */
export function serverQuestions({ published, ca, apiKeys }: AskedServers): ServerQuestion[] {
  const servers = Object.entries(published) as [ServerName, string][];
  return servers.map(([name, url]) => ({
    name,
    url,
    ca,
    apiKey: apiKeys[gateClient] ?? "",
    ...readingCalls[name],
  }));
}
