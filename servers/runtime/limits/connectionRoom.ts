import type { Server } from "node:https";
import type { Socket } from "node:net";

/** Who has a key has shown it by then; on a slow line it comes again. */
const provingMilliseconds = 1000;
/** Connections that are on their way out while others take their place. */
export const spareConnections = 50;

/**
 * Keeps whoever has no key from holding all connections. When there are `maxConnections`, a new one takes the place
 * of the oldest on which nobody has shown a valid key for a second, so that callers with a key come in while somebody
 * opens connections and says nothing. Without such a one the new one is closed.
 */
export class ConnectionRoom {
  readonly #open = new Set<Socket>();
  /** Raw sockets without a key and the time they came, oldest first. */
  readonly #unproven = new Map<Socket, number>();
  /** The raw socket below a TLS connection, by the peer's address and port. */
  readonly #byPeer = new Map<string, Socket>();

  /** @param most `maxConnections` as it is now */
  watch(server: Server, most: () => number): void {
    server.on("connection", (socket: Socket) => this.#add(socket, most()));
  }

  /** The caller on this connection is known. */
  prove(connection: Socket): void {
    const socket = this.#byPeer.get(peerOf(connection));
    if (socket) this.#unproven.delete(socket);
  }

  #add(socket: Socket, most: number): void {
    const peer = peerOf(socket);
    this.#open.add(socket);
    this.#unproven.set(socket, performance.now());
    this.#byPeer.set(peer, socket);
    const end = (): void => {
      this.#open.delete(socket);
      this.#unproven.delete(socket);
      this.#byPeer.delete(peer);
    };
    socket.once("close", end);
    if (this.#open.size <= most) return;
    const [oldest] = this.#unproven;
    const [silent, since] = oldest!;
    const leaving = performance.now() - since >= provingMilliseconds ? silent : socket;
    leaving.destroy();
    this.#open.delete(leaving);
    this.#unproven.delete(leaving);
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? "gone"} ${remotePort ?? 0}`;
}
