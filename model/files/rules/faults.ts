import type { FaultDetails } from "#model/fault.ts";
import { originOf, settingOf } from "#model/files/derived.ts";
import { leafAt } from "#model/files/leaves.ts";
import { placeText, stackKey, type Place } from "#model/files/place.ts";
import type { Deployment } from "./deployment.ts";
import { judge, type Breach, type Judged } from "./judge.ts";
import { engineMemory, memoryBeyond } from "./limits.ts";

/** A broken rule as a fault of the stack's settings. */
export interface RuleFault extends FaultDetails {
  readonly code: "FILES_RULE";
  /** Id of the rule. */
  readonly rule: string;
  /** The keys that do not go together. */
  readonly places: readonly Place[];
}

/** Every broken rule about files and facts, with the stack key to change. */
export function ruleFaults(judged: Judged): RuleFault[] {
  return judge(judged).map(ruleFault);
}

/** The rules that `ruleFaults` leaves out without a deployment, and only these. */
export function deploymentFaults(judged: Judged & Required<Pick<Judged, "deployment">>): RuleFault[] {
  return judge(judged)
    .filter(({ rule }) => rule.deployed)
    .map(ruleFault);
}

/** What the settings ask of an engine that has not so much. */
export function engineFaults(deployment: Deployment): RuleFault[] {
  return memoryBeyond(deployment).map((violation) => ruleFault({ rule: engineMemory, ...violation }));
}

function ruleFault({ rule, places, setting, problem, mend }: Breach): RuleFault {
  const where = setting ?? places.map(settable).find((key) => key !== undefined) ?? "files";
  const spot = places[0] === undefined ? "" : ` at ${placeText(places[0])}`;
  const others = places.slice(1).map(placeText);
  const also = others.length === 0 ? "" : ` (together with ${others.join(", ")})`;
  return {
    code: "FILES_RULE",
    rule: rule.id,
    places,
    where,
    problem: `breaks the rule ${rule.id}${spot}${also}: ${problem}`,
    mend: `${mend ?? rule.mend} pulumi config set --path '${where}' VALUE`,
  };
}

/** The stack key that changes a place, or what it lies in. */
function settable(place: Place): string | undefined {
  const origin = originOf(leafOf(place));
  return origin?.kind === "derived" ? settingOf(origin) : stackKey(place);
}

/** The key that a place is or lies in. */
function leafOf(place: Place): Place {
  const lengths = place.parts.map((_, index) => index + 1);
  const length = lengths.find((count) => leafAt({ ...place, parts: place.parts.slice(0, count) }));
  return { ...place, parts: place.parts.slice(0, length) };
}
