/** A test of this project: its file, and its title as `describe` and `it` print it, without those around it. */
export interface Proof {
  readonly file: string;
  readonly test: string;
}

/** Code obeys the key, and a test shows it. */
export interface Effective {
  readonly state: "effective";
  /** File that takes the value. */
  readonly module: string;
  /** The expression in it that does; for a value that nothing changes, what makes it so. */
  readonly reads: string;
  readonly proof: Proof;
}

/** Accepted and checked; nothing obeys it yet. */
export interface Planned {
  readonly state: "planned";
  /** The part of this project that will. */
  readonly part: string;
}

/** Nothing will ever obey it. */
export interface WithoutEffect {
  readonly state: "without effect";
  readonly reason: string;
}

/** The same fact as another key holds; it takes effect where that one does. */
export interface AsSource {
  readonly state: "as source";
}

/** What is known of the effect of a key. */
export type Effect = Effective | Planned | WithoutEffect | AsSource;

/**
 * Effects of the keys of one file, by JSON Pointer (variables of `.env` by name). `*` stands for the number of a
 * list's item or a name that people choose, and a key counts for what lies below it unless that has its own.
 */
export type Effects = Readonly<Record<string, Effect>>;

export function effective(module: string, reads: string, proof: Proof): Effective {
  return { state: "effective", module, reads, proof };
}

/** The same for several keys. */
export function each(effect: Effect, keys: readonly string[], below = ""): Effects {
  return Object.fromEntries(keys.map((key) => [below + key, effect]));
}

/** @param part completes "comes with …" */
export function planned(part: string): Planned {
  return { state: "planned", part };
}

export function without(reason: string): WithoutEffect {
  return { state: "without effect", reason };
}

export const asSource: AsSource = { state: "as source" };
