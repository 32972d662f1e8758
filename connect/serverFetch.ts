import type { FetchLike } from "@modelcontextprotocol/client";
import { Agent, fetch, type RequestInit } from "undici";
import type { Material } from "./material.ts";

/** `fetch` for one server, which finds address, certificates and key anew for each request. */
export interface ServerFetch {
  readonly fetch: FetchLike;
  /** Cuts off every connection. */
  end(): Promise<void>;
}

export function serverFetch(read: () => Material): ServerFetch {
  let agent: Agent | undefined;
  let trusted: string | undefined;

  const agentFor = (ca: string): Agent => {
    if (agent !== undefined && trusted === ca) return agent;
    // Requests under way end on the connections they have.
    void agent?.close();
    trusted = ca;
    agent = new Agent({
      connect: { ca, timeout: 10_000 },
      // How long an answer may take is for the client to say; it cancels.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return agent;
  };

  return {
    fetch: async (_url, init) => {
      const { url, ca, key } = read();
      const headers = new Headers(init?.headers);
      headers.set("x-api-key", key);
      const dispatcher = agentFor(ca);
      // undici's own fetch, as Node's refuses a dispatcher of another version; their types differ a little.
      const request = { ...init, headers: Object.fromEntries(headers), dispatcher } as RequestInit;
      const response: unknown = await fetch(url, request);
      return response as Response;
    },
    end: async () => {
      await agent?.destroy();
    },
  };
}
