import { BlockList, SocketAddress, isIP } from "node:net";

/** A set of networks. */
export interface Networks {
  readonly empty: boolean;
  /** @param address as `plainAddress` writes it */
  contains(address: string): boolean;
}

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * One spelling per address: IPv4 also where it came as IPv4-mapped IPv6, IPv6 compressed and in lower case, without
 * a zone. Undefined for what is no address.
 */
export function plainAddress(text: string): string | undefined {
  const bare = text.split("%", 1)[0] ?? "";
  if (isIP(bare) === 4) return bare;
  if (isIP(bare) !== 6) return undefined;
  const { address } = new SocketAddress({ address: bare, family: "ipv6" });
  return mapped.exec(address)?.[1] ?? address;
}

const known = new WeakMap<readonly string[], Networks>();

/** Networks in CIDR, as the schema of access.json takes them. The same list is read once. */
export function networksOf(list: readonly string[]): Networks {
  const found = known.get(list);
  if (found) return found;
  const blocks = new BlockList();
  for (const network of list) add(blocks, network);
  const networks: Networks = {
    empty: list.length === 0,
    contains: (address) => {
      const family = isIP(address);
      return family !== 0 && blocks.check(address, family === 6 ? "ipv6" : "ipv4");
    },
  };
  known.set(list, networks);
  return networks;
}

function add(blocks: BlockList, network: string): void {
  const [text = "", length = ""] = network.split("/");
  const address = plainAddress(text) ?? "";
  const bits = Number(length);
  if (isIP(address) === 6) blocks.addSubnet(address, bits, "ipv6");
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  else if (isIP(text) === 6) addMapped(blocks, address, bits);
  else blocks.addSubnet(address, bits, "ipv4");
}

function addMapped(blocks: BlockList, address: string, bits: number): void {
  if (bits >= 96) blocks.addSubnet(address, bits - 96, "ipv4");
  else blocks.addSubnet(`::ffff:${address}`, bits, "ipv6");
}
