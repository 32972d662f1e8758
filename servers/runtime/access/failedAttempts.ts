import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { ClientAddress } from "./clientAddress.ts";

/** Seconds; the first wait, which doubles with each further failure, up to the longest. */
const firstWait = 1;
const longestWait = 60;
/** Without a failure for so long, earlier ones are forgotten. */
const memoryMilliseconds = 15 * 60_000;
/** Sources, and good credentials, that are remembered at most. */
const capacity = 10_000;

interface Failures {
  count: number;
  until: number;
  last: number;
}

/**
 * Who failed, and must wait. What failed is counted where it can be attributed: to the credential itself, which
 * cannot be anybody else's, and to the address, if that is real. A wrong key is nobody's, so it is held against no
 * client; and a credential that was good lately is never refused for what others did from the same address.
 */
export interface FailedAttempts {
  /** Seconds until an attempt is looked at; 0: now. */
  wait(credential: string, from: ClientAddress): number;
  /** Attempts that were refused because of `wait` are not to be told. */
  failed(credential: string | undefined, from: ClientAddress): void;
  succeeded(credential: string, from: ClientAddress): void;
  /** What was wrong may be right now: forgets failures of credentials. */
  forgetCredentials(): void;
}

/** @param most failures in a row after which there is a wait */
export function failedAttempts(most: () => number, now: () => number = Date.now): FailedAttempts {
  const credentials = new Map<string, Failures>();
  const addresses = new Map<string, Failures>();
  const good = new Map<string, number>();

  const waitOf = (failures: Failures | undefined): number =>
    failures === undefined ? 0 : Math.max(0, Math.ceil((failures.until - now()) / 1000));
  const count = (sources: Map<string, Failures>, source: string): void => {
    const known = sources.get(source);
    const failures =
      known && now() - known.last < memoryMilliseconds ? known : { count: 0, until: 0, last: 0 };
    failures.count += 1;
    failures.last = now();
    const beyond = failures.count - most();
    if (beyond >= 0) failures.until = now() + Math.min(longestWait, firstWait * 2 ** beyond) * 1000;
    remember(sources, source, failures);
  };

  return {
    wait(credential, from) {
      const own = waitOf(credentials.get(credential));
      const lately = good.get(credential) ?? -Infinity;
      if (!from.real || now() - lately < memoryMilliseconds) return own;
      return Math.max(own, waitOf(addresses.get(addressGroup(from.address))));
    },
    failed(credential, from) {
      if (credential !== undefined) count(credentials, credential);
      if (from.real) count(addresses, addressGroup(from.address));
    },
    succeeded(credential, from) {
      credentials.delete(credential);
      addresses.delete(addressGroup(from.address));
      remember(good, credential, now());
    },
    forgetCredentials: () => credentials.clear(),
  };
}

/** Adds at the end; beyond the capacity, what was longest there goes. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  if (map.size >= capacity) map.delete(map.keys().next().value!);
  map.set(key, value);
}

/** One IPv6 client has at least a /64 to choose addresses from. */
function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail = ""] = address.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":");
}

/** The name under which a credential is counted: never the credential itself. */
export function credentialId(credential: string): string {
  return createHash("sha256").update(credential, "utf8").digest("hex");
}
