import { z } from "zod";

/** Turns texts into vectors of unit length. */
export interface Embedder {
  /** Stored with each memory; vectors of different models are never compared. */
  readonly model: string;
  readonly kind: "lexical" | "endpoint" | "local";
  readonly dimension: number;
  /**
   * One vector per text, in their order.
   *
   * @throws ToolError when the model does not answer, or not as it should
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
  close(): Promise<void>;
}

/** What every answer says about the vectors behind it. */
export const embeddingSchema = z.object({
  model: z.string(),
  kind: z.enum(["lexical", "endpoint", "local"]),
  dimension: z.number().int(),
  note: z.string().optional(),
});

const lexicalNote =
  "Compared by words and their parts, not by meaning: no embedding model is in force (memory.embeddingEndpoint).";

export function describeEmbedding({ model, kind, dimension }: Embedder): z.input<typeof embeddingSchema> {
  return { model, kind, dimension, ...(kind === "lexical" ? { note: lexicalNote } : {}) };
}

/** The vector at length 1; undefined for one that has no direction or is no vector. */
export function toUnitLength(vector: readonly number[]): number[] | undefined {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length) || length === 0) return undefined;
  return vector.map((each) => each / length);
}
