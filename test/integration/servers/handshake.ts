import { once } from "node:events";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { ServerProcess } from "./serverProcess.ts";

/** A TLS connection to the server, as a client that trusts it opens one; rejects if the server ends it. */
export async function handshake(server: ServerProcess, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port: server.port,
    servername: "localhost",
    ca: server.ca(),
    ...options,
  });
  socket.on("error", () => {});
  await Promise.race([
    once(socket, "secureConnect"),
    once(socket, "close").then(() => Promise.reject(new Error("closed"))),
  ]);
  return socket;
}
