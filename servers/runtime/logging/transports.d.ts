/* Parts of the transports that have no types of their own. */

declare module "pino-socket/lib/TcpConnection.js" {
  import type { Writable } from "node:stream";
  /** Emits `open`, `socketError`, `socketClose`. */
  export default function openTcp(options: {
    readonly address: string;
    readonly port: number;
    readonly secure: boolean;
    readonly sourceStream: false;
    readonly reconnect: boolean;
    readonly recovery: boolean;
  }): Writable;
}

declare module "pino-socket/lib/UdpConnection.js" {
  import type { Writable } from "node:stream";
  /** Emits `open`, `socketError`. */
  export default function openUdp(options: {
    readonly address: string;
    readonly port: number;
    readonly secure: false;
    readonly sourceStream: false;
    readonly maxUdpPacketSize: null;
  }): Writable;
}

declare module "pino-syslog" {
  import type { Duplex } from "node:stream";
  /** JSON lines in, messages out. */
  export default function buildSyslog(options: {
    readonly enablePipelining: true;
    /** RFC 5424 instead of 3164. */
    readonly modern: boolean;
    readonly appname: string;
    readonly facility: number;
    readonly newline: boolean;
  }): Duplex;
}
