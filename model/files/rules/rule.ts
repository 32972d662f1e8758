import type { FileFacts } from "#model/files/facts.ts";
import { fileLeaves, type FileLeaf } from "#model/files/leaves.ts";
import { placeAt, type Place } from "#model/files/place.ts";
import { fileKeys, type FileKey, type FileValues } from "#model/files/schema/files.ts";
import type { Deployment } from "./deployment.ts";

/** What rules judge. */
export interface Look {
  /** Of files that are not there, and of keys that are wrong by themselves, nothing; see `Rule.check`. */
  readonly values: FileValues;
  readonly facts: FileFacts;
  readonly deployment: Deployment;
}

/** One breach of a rule. */
export interface Violation {
  /** The keys that do not go together; the one to change first. */
  readonly places: readonly Place[];
  /** A setting of the stack that is at fault, where no key of a file is. */
  readonly setting?: string;
  /** One sentence; never holds a secret. */
  readonly problem: string;
  /** What to do, if it is more special than the rule's own. */
  readonly mend?: string;
}

/** What no single key can say. */
export interface Rule {
  /** Public: messages, documentation and tests name it. */
  readonly id: string;
  /** What holds. */
  readonly sentence: string;
  /** Keys, or sections of keys, that it reads. */
  readonly reads: readonly Place[];
  /** What to do when it does not hold. */
  readonly mend: string;
  /** Whether each key is judged by itself, so that others may be missing. */
  readonly each: boolean;
  /** Whether it compares files with settings that no file shows, so that files alone cannot be judged by it. */
  readonly deployed: boolean;
  /** Called only if all that it reads is there and well-formed, or, with `each`, whatever there is. */
  readonly check: (look: Look) => readonly Violation[];
}

interface Words {
  readonly sentence: string;
  readonly mend: string;
}

/** A rule about keys that must go together. */
export function rule(
  id: string,
  words: Words,
  reads: readonly Place[],
  check: Rule["check"],
  more: Partial<Pick<Rule, "deployed">> = {},
): Rule {
  return { id, ...words, reads, check, each: false, deployed: false, ...more };
}

/** A rule that holds for each of several keys. The judge says what is wrong with a value, or nothing. */
export function eachKey(
  id: string,
  words: Words,
  reads: readonly Place[],
  judge: (value: unknown, look: Look, place: Place) => Verdict | readonly Verdict[] | undefined,
): Rule {
  const check = (look: Look) =>
    reads.flatMap((place) => {
      const value = valueAt(look.values, place);
      if (value === undefined) return [];
      const verdicts = judge(value, look, place);
      return (verdicts === undefined ? [] : [verdicts].flat()).map((verdict) => violation(place, verdict));
    });
  return { id, ...words, reads, check, each: true, deployed: false };
}

/** What is wrong with a key, or with something inside it. */
export type Verdict = string | { readonly inside: readonly string[]; readonly problem: string };

function violation(place: Place, verdict: Verdict): Violation {
  if (typeof verdict === "string") return { places: [place], problem: verdict };
  return { places: [{ ...place, parts: [...place.parts, ...verdict.inside] }], problem: verdict.problem };
}

/** Verdicts about the items of a list. */
export function eachItem(value: unknown, judge: (item: string) => string | undefined): Verdict[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => {
    const problem = judge(String(item));
    return problem === undefined ? [] : [{ inside: [String(index)], problem }];
  });
}

/** Places of one file. */
export function at(file: FileKey, ...pointers: readonly string[]): Place[] {
  return pointers.map((pointer) => placeAt(file, pointer));
}

/** Keys of all files that a test picks. */
export function leavesWhere(test: (leaf: FileLeaf) => boolean): Place[] {
  return fileKeys.flatMap((file) => fileLeaves(file).filter(test)).map(({ place }) => place);
}

/** What stands at a place; undefined where nothing does. */
export function valueAt(values: FileValues, { file, parts }: Place): unknown {
  return parts.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, part)
        ? (inner as Record<string, unknown>)[part]
        : undefined,
    values[file],
  );
}
