import { at, eachKey, rule, type Rule, type Violation } from "./rule.ts";

/** Numbers in an embedding of well-known models. Models that can shorten theirs have a range. */
const dimensions: Readonly<Record<string, readonly [least: number, most: number]>> = {
  // https://platform.openai.com/docs/guides/embeddings: v3 models can be shortened
  "text-embedding-ada-002": [1536, 1536],
  "text-embedding-3-small": [1, 1536],
  "text-embedding-3-large": [1, 3072],
  // model cards on huggingface.co, of the same names
  "all-MiniLM-L6-v2": [384, 384],
  "all-MiniLM-L12-v2": [384, 384],
  "all-mpnet-base-v2": [768, 768],
  "bge-small-en-v1.5": [384, 384],
  "bge-base-en-v1.5": [768, 768],
  "bge-large-en-v1.5": [1024, 1024],
  "bge-m3": [1024, 1024],
  "mxbai-embed-large": [1024, 1024],
  "nomic-embed-text": [768, 768],
};

const retained = [
  { place: at("metrics", "/metrics/retentionDays")[0]!, of: "systemMetrics" },
  { place: at("env", "METRICS_RETENTION_DAYS")[0]!, of: "systemMetrics" },
  { place: at("compliance", "/security/auditRetention")[0]!, of: "auditLogs" },
] as const;

export const dataRules: readonly Rule[] = [
  eachKey(
    "retention",
    {
      sentence: "Files keep data as long as the database does.",
      mend: "Set postgres.retention.systemMetrics or postgres.retention.auditLogs; the files follow.",
    },
    retained.map(({ place }) => place),
    (value, { facts }, place) => {
      const of = retained.find((each) => each.place === place)?.of ?? "systemMetrics";
      const kept = facts.retention[of];
      return value === kept
        ? undefined
        : `${String(value)} days; the database keeps postgres.retention.${of} for ${String(kept)}.`;
    },
  ),
  rule(
    "embedding",
    {
      sentence: "Embeddings have as many numbers as the model gives and the column takes.",
      mend: "Set postgres.embeddingDimension to what the model gives, or choose another model.",
    },
    at("memory", "/memory/embeddingModel", "/memory/embeddingDimension"),
    ({ values: { memory }, facts }) => {
      const { embeddingModel: model, embeddingDimension: dimension } = memory.memory;
      const [modelAt, dimensionAt] = at("memory", "/memory/embeddingModel", "/memory/embeddingDimension");
      const found: Violation[] = [];
      const known = dimensions[model.slice(model.lastIndexOf("/") + 1)];
      if (known && (dimension < known[0] || dimension > known[1])) {
        const gives = known[0] === known[1] ? String(known[0]) : `at most ${String(known[1])}`;
        const problem = `${model} gives ${gives} numbers; embeddingDimension is ${String(dimension)}.`;
        found.push({ places: [modelAt!, dimensionAt!], problem });
      }
      if (dimension !== facts.embeddingDimension) {
        const problem = `${String(dimension)}: the column memory_items.embedding takes ${String(facts.embeddingDimension)} numbers.`;
        found.push({ places: [dimensionAt!], problem });
      }
      return found;
    },
  ),
];
