import { once } from "node:events";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";

/** A loopback proxy that speaks HTTP to a client without a key, and HTTPS with the key to a server. */
export interface KeyProxy {
  readonly url: string;
  readonly origin: string;
  /** Where requests go from now on. */
  target(server: { readonly port: number; ca(): string }, key: string): void;
  close(): Promise<void>;
}

export async function startKeyProxy(): Promise<KeyProxy> {
  let to: { port: number; ca: string; key: string } | undefined;
  const agent = new Agent({ keepAlive: true });
  const proxy = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const { port, ca, key } = to!;
    const onward = request(
      {
        agent,
        host: "127.0.0.1",
        servername: "localhost",
        port,
        ca,
        method,
        path,
        headers: { ...headers, "x-api-key": key },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/mcp`,
    target: (server, key) => void (to = { port: server.port, ca: server.ca(), key }),
    async close() {
      agent.destroy();
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, "close");
    },
  };
}
