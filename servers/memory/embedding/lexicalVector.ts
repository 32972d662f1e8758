import { toUnitLength } from "./embedder.ts";

/** Words that say little about what a text is about; they count a tenth. */
const common = new Set(
  (
    "a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my no not of on " +
    "or our so that the their them then there these they this to us was we were what when where which who will with you your"
  ).split(" "),
);
const commonWeight = 0.1;
const partWeight = 0.8;
const partLength = 3;

/**
 * A vector made from the words of a text and their parts, the same for the same text on every machine. Texts that
 * share words are near each other; what words mean plays no part.
 *
 * @param dimension numbers in the vector; its length is 1
 */
export function lexicalVector(text: string, dimension: number): number[] {
  const vector = Array.from({ length: dimension }, () => 0);
  for (const [term, weight] of termWeights(text)) {
    const hash = fnv1a(term);
    // One bit for the sign, so that terms that fall on the same place cancel out on average.
    vector[(hash >>> 1) % dimension]! += hash & 1 ? weight : -weight;
  }
  // Without a single word, or if all cancel out, the text itself decides on a direction.
  const unit = toUnitLength(vector);
  if (unit) return unit;
  vector.fill(0);
  vector[fnv1a(text) % dimension] = 1;
  return vector;
}

/** Terms with their weights: whole words, and pieces of three characters, which find inflected forms. */
export function termWeights(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const words =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  for (const word of words) {
    const weight = common.has(word) ? commonWeight : 1;
    add(counts, word, weight);
    const framed = Array.from(`^${word}$`);
    const parts = framed.length - partLength + 1;
    for (let at = 0; at < parts; at += 1) {
      add(counts, `#${framed.slice(at, at + partLength).join("")}`, (weight * partWeight) / Math.sqrt(parts));
    }
  }
  // The tenth occurrence says less than the first.
  return new Map([...counts].map(([term, count]) => [term, count > 1 ? 1 + Math.log(count) : count]));
}

function add(counts: Map<string, number>, term: string, weight: number): void {
  counts.set(term, (counts.get(term) ?? 0) + weight);
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  // The last steps mix the low bits, which decide on place and sign.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
