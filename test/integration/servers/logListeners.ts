import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createInterface } from "node:readline";
import { createServer as createTlsServer } from "node:tls";

/** Something on loopback that log lines are sent to. */
export interface Listener {
  readonly port: number;
  /** What came, in order. */
  readonly received: string[];
  /** Resolves with the first message that matches, from now on or earlier. */
  message(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

export async function listenUdp(): Promise<Listener> {
  const { received, came, message } = inbox();
  const socket = createSocket("udp4", (datagram) => came(datagram.toString()));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    received,
    message,
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}

/** Lines by TCP; with a pair, by TLS. */
export async function listenTcp(
  pair?: { certificate: string; privateKey: string },
  wantedPort = 0,
): Promise<Listener> {
  const { received, came, message } = inbox();
  const take = (socket: Socket): void => {
    socket.on("error", () => {});
    createInterface({ input: socket }).on("line", came);
  };
  const server = pair
    ? createTlsServer({ cert: pair.certificate, key: pair.privateKey }, take)
    : createTcpServer(take);
  return listening(server, wantedPort, { received, message });
}

/** The bulk endpoint of an Elasticsearch node. A request without `authorization` gets 401. */
export async function listenElasticsearch(
  authorization: string,
): Promise<Listener & { indexes: Set<string> }> {
  const { received, came, message } = inbox();
  const indexes = new Set<string>();
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      // The official client works with the official product only.
      response.setHeader("x-elastic-product", "Elasticsearch");
      response.setHeader("content-type", "application/vnd.elasticsearch+json;compatible-with=8");
      if (request.headers.authorization !== authorization) {
        response.writeHead(401).end('{"error":{"type":"security_exception"},"status":401}');
        return;
      }
      const lines = Buffer.concat(chunks).toString().split("\n").filter(Boolean);
      const items = lines.flatMap((line, at) => {
        if (at % 2 === 1) return [];
        const action = JSON.parse(line) as Record<string, Record<string, string>>;
        indexes.add(Object.values(action)[0]!["_index"]!);
        came(lines[at + 1]!);
        return [{ create: { status: 201 } }];
      });
      response.end(JSON.stringify({ errors: false, took: 1, items }));
    });
  });
  return { ...(await listening(server, 0, { received, message })), indexes };
}

async function listening(
  server: Server,
  wantedPort: number,
  { received, message }: Pick<Listener, "received" | "message">,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(wantedPort, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received,
    message,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function inbox(): Pick<Listener, "received" | "message"> & { came: (message: string) => void } {
  const received: string[] = [];
  let wake = (): void => {};
  return {
    received,
    came: (message) => {
      received.push(message);
      wake();
    },
    async message(pattern) {
      for (;;) {
        const found = received.find((each) => pattern.test(each));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
