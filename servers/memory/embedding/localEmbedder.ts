import { ToolError } from "#servers/runtime/tool.ts";
import type { Embedder } from "./embedder.ts";
import { openLocalModel } from "./localModel.ts";
import type { LocalModel } from "./localModel.ts";

/** A model that runs inside the server. It is opened at the first use, and again after one that failed. */
export function localEmbedder(folder: string, model: string, dimension: number): Embedder {
  let opened: Promise<LocalModel> | undefined;
  const open = (): Promise<LocalModel> => {
    opened ??= openLocalModel(folder).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    model,
    kind: "local",
    dimension,
    async embed(texts, signal) {
      const vectors = await (await open()).embed(texts, signal);
      const wrong = vectors.find((vector) => vector.length !== dimension);
      if (wrong) {
        throw new ToolError(
          "dimension",
          `The model ${model} gives ${wrong.length} numbers, and the database takes ${dimension}: the stack's owner sets postgres.embeddingDimension (docs/memory.md).`,
        );
      }
      return vectors;
    },
    async close() {
      await opened?.then(
        (one) => one.close(),
        () => {},
      );
    },
  };
}
