import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Agent, fetch as undiciFetch } from "undici";
import type { ServerProcess } from "./serverProcess.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One HTTP request over verified TLS. */
export async function request(server: ServerProcess, init: RequestInit = {}, path = "/mcp"): Promise<Answer> {
  const dispatcher = trusting(server);
  try {
    const response = await undiciFetch(`https://localhost:${server.port}${path}`, {
      ...init,
      dispatcher,
    } as never);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } finally {
    await dispatcher.close();
  }
}

/** A JSON-RPC request as an old client without a session sends it. */
export function post(
  server: ServerProcess,
  method: string,
  params: object,
  headers: Record<string, string>,
): Promise<Answer> {
  return request(server, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
}

/** The official client, connected. Era: `legacy` is 2025-11-25, `modern` 2026-07-28. */
export async function connectClient(
  server: ServerProcess,
  key: string,
  era: "legacy" | "modern" = "modern",
): Promise<{ client: Client; close: () => Promise<void> }> {
  const dispatcher = trusting(server);
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers: { "X-API-Key": key } },
    fetch: ((url: URL, init: RequestInit) => undiciFetch(url, { ...init, dispatcher } as never)) as never,
  });
  const client = new Client(
    { name: "test", version: "0" },
    era === "legacy" ? {} : { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  await client.connect(transport);
  return {
    client,
    close: async () => {
      await client.close();
      await dispatcher.destroy();
    },
  };
}

export interface ToolAnswer {
  readonly failed: boolean;
  readonly text: string;
  readonly structured: Record<string, unknown>;
}

export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  options: { signal?: AbortSignal; timeout?: number } = {},
): Promise<ToolAnswer> {
  const result = await client.callTool({ name, arguments: args }, options);
  const content = result.content as { text?: string }[];
  return {
    failed: result.isError === true,
    text: content.map(({ text }) => text ?? "").join("\n"),
    structured: (result.structuredContent ?? {}) as Record<string, unknown>,
  };
}

function trusting(server: ServerProcess): Agent {
  return new Agent({ connect: { ca: server.ca() } });
}
