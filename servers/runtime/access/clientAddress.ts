import type { IncomingHttpHeaders } from "node:http";
import { networksOf, plainAddress } from "./networks.ts";

/** Where a request came from. */
export interface ClientAddress {
  /** One spelling per address; `unknown` for a connection that is gone. */
  readonly address: string;
  /**
   * False for the gateway of the container's network: behind it all clients of a port published on loopback look
   * the same, so nothing may be counted or decided by that address.
   */
  readonly real: boolean;
}

export type AddressVerdict = ClientAddress | { readonly problem: string };

/** `trustedProxies` of access.json. */
export interface TrustedProxies {
  readonly networks: readonly string[];
  readonly header: "X-Forwarded-For" | "Forwarded";
}

/** More proxies in a row are a mistake or an attack. */
const mostHops = 32;

/**
 * The address of the client: that of the connection, or, where the connection is a trusted proxy's, the right-most
 * address of the configured header that is no trusted proxy's. Only that one header is read, since proxies pass on
 * the other one as the client wrote it. A header that cannot be read is a problem: who sends it is not guessed.
 *
 * @param gateway address of the container's gateway, see `gatewayAddress`
 */
export function clientAddress(
  peer: string | undefined,
  headers: IncomingHttpHeaders,
  trusted: TrustedProxies,
  gateway?: string,
): AddressVerdict {
  const near = peer === undefined ? undefined : plainAddress(peer);
  if (near === undefined) return { address: "unknown", real: false };
  const proxies = networksOf(trusted.networks);
  const direct = { address: near, real: near !== gateway };
  if (proxies.empty || !proxies.contains(near)) return direct;
  const text = [headers[trusted.header.toLowerCase()]].flat().filter((value) => value !== undefined);
  if (text.length === 0) return direct;
  const hops = trusted.header === "Forwarded" ? forwardedHops(text) : listedHops(text);
  if (hops === undefined) return { problem: `the header ${trusted.header} cannot be read` };
  const far = hops.findLast((hop) => !proxies.contains(hop)) ?? hops[0] ?? near;
  return { address: far, real: true };
}

/** X-Forwarded-For: addresses, perhaps with a port; undefined if one is none. */
function listedHops(values: readonly string[]): string[] | undefined {
  return addresses(values.join(",").split(","));
}

/** Forwarded (RFC 7239): the `for` of each element; undefined if one lacks it or hides the address. */
function forwardedHops(values: readonly string[]): string[] | undefined {
  const elements = values.join(",").match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  const nodes = elements.map((element) => {
    const pairs = element.match(/(?:"(?:[^"\\]|\\.)*"|[^";])+/g) ?? [];
    const found = pairs.flatMap((pair) => /^\s*for\s*=\s*("?)([^"]*)\1\s*$/i.exec(pair)?.[2] ?? []);
    return found.length === 1 ? found[0]! : "";
  });
  return addresses(nodes);
}

function addresses(nodes: readonly string[]): string[] | undefined {
  if (nodes.length === 0 || nodes.length > mostHops) return undefined;
  const read = nodes.map((node) => nodeAddress(node.trim()));
  return read.includes(undefined) ? undefined : (read as string[]);
}

/** `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443` */
function nodeAddress(node: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(node)?.[1];
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(node)?.[1];
  const address = bracketed ?? withPort ?? node;
  if (address.includes("%") || (bracketed !== undefined && !address.includes(":"))) return undefined;
  return plainAddress(address);
}
