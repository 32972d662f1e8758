import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Agent, fetch } from "undici";

export interface McpTarget {
  /** URL of a server's `/mcp`. */
  readonly url: string;
  /** PEM bundle that must have signed the server's certificate. */
  readonly ca: string;
  readonly apiKey: string;
  /** Protocol era to speak; default: what the server offers. */
  readonly era?: "auto" | "legacy";
}

/** Runs `use` with the official client, connected as a user's would be. */
export async function withMcpClient<T>(target: McpTarget, use: (client: Client) => Promise<T>): Promise<T> {
  const agent = new Agent({ connect: { ca: target.ca } });
  const client = new Client(
    { name: "kilocode-gate", version: "1" },
    { versionNegotiation: { mode: target.era ?? "auto" } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(target.url), {
    requestInit: { headers: { "X-API-Key": target.apiKey } },
    // undici's own fetch, as Node's refuses a dispatcher of another version.
    fetch: (url, init) => fetch(url, { ...init, dispatcher: agent } as never),
  });
  try {
    await client.connect(transport, { timeout: 10_000 });
    return await use(client);
  } finally {
    await client.close();
    await agent.destroy();
  }
}
