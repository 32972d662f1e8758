import { serverNames } from "#model/names.ts";
import type { Place } from "#model/files/place.ts";
import type { FileKey, FileValues } from "#model/files/schema/files.ts";
import type { Deployment } from "./deployment.ts";
import type { Look, Rule, Violation } from "./rule.ts";
import { rules } from "./table.ts";

export interface Breach extends Violation {
  readonly rule: Rule;
}

export interface Unknown {
  /** Files that should be there and are not, or cannot be read. */
  readonly files: readonly FileKey[];
  /** Keys that are missing or wrong by themselves. */
  readonly places: readonly Place[];
}

export interface Judged extends Omit<Look, "deployment"> {
  /** Without it, rules that need it are left out. */
  readonly deployment?: Deployment;
  readonly unknown?: Unknown;
}

/**
 * Every breach of every rule that can be judged. A rule about keys that must go together is left out while one of
 * them is unknown: that one has a message of its own.
 */
export function judge({ unknown = none, ...judged }: Judged): Breach[] {
  const isUnknown = (read: Place) =>
    unknown.files.includes(read.file) || unknown.places.some((place) => overlap(place, read));
  const absent = serverNames.filter((name) => (judged.values as Partial<FileValues>)[name] === undefined);
  const { deployment = nothing } = judged;
  const look: Look = { ...judged, deployment };
  return rules
    .filter(({ deployed }) => !deployed || judged.deployment !== undefined)
    .filter(({ each, reads }) => each || !(reads.some(isUnknown) || isAbout(absent, reads)))
    .flatMap((rule) => rule.check(look).map((violation) => ({ rule, ...violation })));
}

const none: Unknown = { files: [], places: [] };

/** For rules that do not look at it. */
const nothing: Deployment = { published: {}, maxConnections: 0, memory: {}, roles: {} };

/** Whether all that is read of servers is of ones that do not run. */
function isAbout(absent: readonly string[], reads: readonly Place[]): boolean {
  const servers = reads.filter(({ file }) => serverNames.some((name) => name === file));
  return servers.length > 0 && servers.every(({ file }) => absent.includes(file));
}

/** Whether one place is the other or lies inside it. */
function overlap(a: Place, b: Place): boolean {
  const length = Math.min(a.parts.length, b.parts.length);
  return a.file === b.file && a.parts.slice(0, length).join("\0") === b.parts.slice(0, length).join("\0");
}
