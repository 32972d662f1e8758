import { readFileSync } from "node:fs";

/**
 * The IPv4 gateway of this machine or container, from which the engine's own port forwarding reaches it; undefined
 * where there is none.
 *
 * @param table of Linux: one line per route, addresses as hexadecimal numbers of the machine's byte order
 */
export function gatewayAddress(table: string = readRoutes()): string | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, destination, gateway = ""] = line.split("\t");
    if (destination !== "00000000" || !/^[0-9A-F]{8}$/.test(gateway) || gateway === "00000000") continue;
    // All platforms that the images are made for write the low byte first.
    return [...Buffer.from(gateway, "hex")].toReversed().join(".");
  }
  return undefined;
}

function readRoutes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return "";
  }
}
