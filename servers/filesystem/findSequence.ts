/** Something with items by position: a text's characters, a list's lines. */
export interface Sequence<T> {
  readonly length: number;
  at(position: number): T;
}

export function charactersOf(text: string): Sequence<number> {
  return { length: text.length, at: (position) => text.charCodeAt(position) };
}

/**
 * Position of the first occurrence of `wanted`, or -1, in time that grows with the sum of both lengths (Knuth, Morris
 * and Pratt): a search of the language itself takes their product for texts that were made for it.
 */
export function findSequence<T>(text: Sequence<T>, wanted: Sequence<T>): number {
  if (wanted.length === 0) return 0;
  if (wanted.length > text.length) return -1;
  const fallback = fallbackOf(wanted);
  let matched = 0;
  for (let position = 0; position < text.length; position += 1) {
    const item = text.at(position);
    while (matched > 0 && item !== wanted.at(matched)) matched = fallback[matched - 1]!;
    if (item === wanted.at(matched)) matched += 1;
    if (matched === wanted.length) return position - matched + 1;
  }
  return -1;
}

/** For each position, the length of the longest beginning of `wanted` that also ends there. */
function fallbackOf<T>(wanted: Sequence<T>): Uint32Array {
  const fallback = new Uint32Array(wanted.length);
  let matched = 0;
  for (let position = 1; position < wanted.length; position += 1) {
    const item = wanted.at(position);
    while (matched > 0 && item !== wanted.at(matched)) matched = fallback[matched - 1]!;
    if (item === wanted.at(matched)) matched += 1;
    fallback[position] = matched;
  }
  return fallback;
}
