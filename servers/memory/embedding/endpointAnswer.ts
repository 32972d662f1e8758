import { z } from "zod";
import { toUnitLength } from "./embedder.ts";

const answer = z.object({
  data: z.array(z.object({ index: z.number().int().min(0), embedding: z.array(z.number()) })),
});

/** What is wrong with an endpoint's answer, in words that name no content. */
export class AnswerRefused extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "AnswerRefused";
  }
}

/**
 * Vectors of an answer in OpenAI's form, in the order of the texts, at length 1.
 *
 * @throws AnswerRefused for a wrong count, dimension or number, or a text answered twice
 */
export function readAnswer(body: string, count: number, dimension: number): number[][] {
  let data: z.output<typeof answer>["data"];
  try {
    ({ data } = answer.parse(JSON.parse(body)));
  } catch {
    throw new AnswerRefused("is not of the form {data: [{index, embedding}]}");
  }
  const vectors = Array.from({ length: count }, (): number[] | undefined => undefined);
  for (const { index, embedding } of data) {
    if (index >= count || vectors[index]) throw new AnswerRefused("does not have one vector for each text");
    if (embedding.length !== dimension) {
      throw new AnswerRefused(`has vectors of ${embedding.length} numbers, not ${dimension}`);
    }
    const unit = toUnitLength(embedding);
    if (!unit) throw new AnswerRefused("has a vector without direction");
    vectors[index] = unit;
  }
  if (vectors.includes(undefined)) throw new AnswerRefused("does not have one vector for each text");
  return vectors as number[][];
}
