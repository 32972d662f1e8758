import { once } from "node:events";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { setDefaultCACertificates } from "node:tls";
import openTcp from "pino-socket/lib/TcpConnection.js";
import openUdp from "pino-socket/lib/UdpConnection.js";
import { stalledMilliseconds, within } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";

/** Largest datagram, less what IP and UDP need. */
const datagramBytes = 65_507;

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
}

/** Messages by UDP, one per datagram. What is too large for one is refused. */
export async function openDatagrams({ host, port }: SocketTarget): Promise<Delivery> {
  const stream = openUdp({ address: host, port, secure: false, sourceStream: false, maxUdpPacketSize: null });
  let problem: Error | undefined;
  stream.on("error", (error) => (problem = error));
  stream.on("socketError", (error: Error) => (problem = error));
  await within(stalledMilliseconds, once(stream, "open"));
  return {
    async send(messages) {
      let lost = 0;
      for (const message of messages) {
        if (Buffer.byteLength(message) > datagramBytes) lost += 1;
        else await written(stream, message);
        if (problem) throw problem;
      }
      return lost;
    },
    close: () => void stream.destroy(),
  };
}

/**
 * Messages by TCP, each ended by a line break. The transport itself would keep what it cannot send, without a limit
 * and without a count; so a connection that fails ends, and the lines stay with the caller.
 *
 * @param ca with it the connection uses TLS, and only these may have signed the certificate: in a worker's own
 *   thread, since the transport takes no certificates
 */
export async function openStream({ host, port }: SocketTarget, ca?: string): Promise<Delivery> {
  if (ca !== undefined) setDefaultCACertificates([ca]);
  const secure = ca !== undefined;
  const stream = openTcp({
    address: host,
    port,
    secure,
    sourceStream: false,
    reconnect: false,
    recovery: false,
  });
  const socket = (stream as unknown as Record<"_socket", Socket>)["_socket"];
  let problem: Error | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    stream.on("error", reject);
    stream.on("socketError", (error: Error) => {
      problem ??= error;
    });
    stream.on("socketClose", () => reject(problem ?? closedByPeer()));
    socket.on("end", () => reject(problem ?? closedByPeer()));
  });
  failed.catch(() => {});
  try {
    await within(stalledMilliseconds, Promise.race([once(stream, "open"), failed]));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    async send(messages) {
      stream.write(messages.join(""));
      // The transport does not say when its data has left; what is written behind it, nothing, does.
      const settled = new Promise<void>((resolve, reject) => {
        socket.write("", (error) => (error ? reject(error) : resolve()));
      });
      try {
        await within(stalledMilliseconds, Promise.race([settled, failed]));
        if (problem) throw problem;
      } catch (error) {
        socket.destroy();
        throw error;
      }
      return 0;
    },
    close: () => void socket.end(() => socket.destroy()),
  };
}

function written(stream: Writable, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(message, (error) => (error ? reject(error) : resolve()));
  });
}

function closedByPeer(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}
