import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { ToolError } from "#servers/runtime/tool.ts";
import { toUnitLength } from "./embedder.ts";

/** Tokens of a text that count; what comes after is cut off. Models of this kind take 256 to 512. */
const maxTokens = 256;
/** Texts of one run: more need more memory and are hardly faster. */
const batchSize = 4;

interface Encoding {
  readonly ids: readonly number[];
  readonly attention_mask: readonly number[];
}

/** A sentence model in a folder: `model.onnx` and `tokenizer.json`, as Hugging Face lays them out. */
export interface LocalModel {
  /** One vector per text: the mean over its tokens, at length 1. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
  close(): Promise<void>;
}

/** @throws ToolError if the folder has no such model */
export async function openLocalModel(folder: string): Promise<LocalModel> {
  try {
    // Loaded only where a model is in force: the runtime takes memory, and most servers do without it.
    const [{ InferenceSession: Session, Tensor: OrtTensor }, { Tokenizer }] = await Promise.all([
      import("onnxruntime-node"),
      import("@huggingface/tokenizers"),
    ]);
    const json = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8")) as object;
    const tokenizer = new Tokenizer(
      await json("tokenizer.json"),
      await json("tokenizer_config.json").catch(() => ({})),
    );
    const session = await Session.create(join(folder, "model.onnx"), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
    const encode = (text: string): Encoding => {
      const { ids, attention_mask } = tokenizer.encode(text) as Encoding;
      if (ids.length <= maxTokens) return { ids, attention_mask };
      // The last token marks the end, and stays.
      return {
        ids: [...ids.slice(0, maxTokens - 1), ids.at(-1)!],
        attention_mask: attention_mask.slice(0, maxTokens),
      };
    };
    const tensor = (rows: readonly (readonly number[])[], width: number): Tensor =>
      new OrtTensor(
        "int64",
        BigInt64Array.from(
          rows.flatMap((row) => Array.from({ length: width }, (_, at) => BigInt(row[at] ?? 0))),
        ),
        [rows.length, width],
      );
    const embedBatch = async (texts: readonly string[]): Promise<number[][]> => {
      const encodings = texts.map(encode);
      const width = Math.max(1, ...encodings.map(({ ids }) => ids.length));
      const masks = encodings.map(({ attention_mask }) => attention_mask);
      const inputs: Record<string, Tensor> = {
        input_ids: tensor(
          encodings.map(({ ids }) => ids),
          width,
        ),
        attention_mask: tensor(masks, width),
        token_type_ids: tensor(
          encodings.map(() => []),
          width,
        ),
      };
      const feeds = Object.fromEntries(
        Object.entries(inputs).filter(([name]) => session.inputNames.includes(name)),
      );
      const output = (await session.run(feeds))[outputName(session)]!;
      return masks.map((mask, row) => meanOf(output, row, mask));
    };
    return {
      async embed(texts, signal) {
        const vectors: number[][] = [];
        for (let at = 0; at < texts.length; at += batchSize) {
          signal.throwIfAborted();
          vectors.push(...(await embedBatch(texts.slice(at, at + batchSize))));
        }
        return vectors;
      },
      close: () => session.release(),
    };
  } catch (error) {
    throw new ToolError(
      "model",
      "The local embedding model cannot be opened: memory.embeddingFolder must be a folder that the server can read, with model.onnx and tokenizer.json of a sentence model.",
      { cause: error },
    );
  }
}

function outputName({ outputNames }: InferenceSession): string {
  return outputNames.includes("last_hidden_state") ? "last_hidden_state" : outputNames[0]!;
}

/** Mean of the tokens that the mask names, at length 1. `output`: texts × tokens × numbers. */
function meanOf(output: Tensor, row: number, mask: readonly number[]): number[] {
  const [, width = 0, dimension = 0] = output.dims;
  const data = output.data as Float32Array;
  const sum = Array.from({ length: dimension }, () => 0);
  for (const [token, counts] of mask.entries()) {
    if (counts === 0) continue;
    const start = (row * width + token) * dimension;
    for (let at = 0; at < dimension; at += 1) sum[at]! += data[start + at]!;
  }
  const unit = toUnitLength(sum);
  if (!unit) throw new ToolError("model", "The local embedding model gives a vector without direction.");
  return unit;
}
