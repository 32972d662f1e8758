import type { Embedder } from "./embedder.ts";
import { lexicalVector } from "./lexicalVector.ts";

/** Changes when the vectors of a text do, so that old ones are known. */
export const lexicalModel = "lexical-1";

/** Needs nothing: in force where no model is. */
export function lexicalEmbedder(dimension: number): Embedder {
  return {
    model: lexicalModel,
    kind: "lexical",
    dimension,
    embed: (texts) => Promise.resolve(texts.map((text) => lexicalVector(text, dimension))),
    close: () => Promise.resolve(),
  };
}
