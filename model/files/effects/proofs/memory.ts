import type { Proof } from "../effect.ts";

const servers = "test/integration/servers";

function proof(file: string, test: string): Proof {
  return { file: `${servers}/${file}`, test };
}

/** Tests of the memory server, as a process with its files. */
export const memoryProofs = {
  export: proof(
    "memoryEffects.test.ts",
    "database.backupInterval, backupsPath and compression say when, where and how an export is written",
  ),
  exportsKept: proof(
    "memoryEffects.test.ts",
    "database.backupRetention removes older exports, and nothing else",
  ),
  cleanup: proof(
    "memoryEffects.test.ts",
    "database.cleanupInterval: expired memories are never answered, and removed when it is over",
  ),
  pool: proof(
    "memoryEffects.test.ts",
    "database.pool.min and max of the memory server bound the connections that work on memories",
  ),
  eviction: proof(
    "memoryEffects.test.ts",
    "memory.maxItems: beyond it, the least used of who has most are removed, and never the new one",
  ),
  size: proof("memoryEffects.test.ts", "memory.maxSizePerItem is the most bytes of a content"),
  defaultTags: proof(
    "memoryEffects.test.ts",
    "memory.defaultTags are those of a memory that was stored without any",
  ),
  consolidation: proof(
    "memoryEffects.test.ts",
    "memory.autoConsolidate: equal and nearly equal memories of one owner become one, with the tags of all",
  ),
  consolidationInterval: proof(
    "memoryEffects.test.ts",
    "memory.consolidationInterval says when that is done again",
  ),
  retention: proof(
    "memoryEffects.test.ts",
    "memory.retentionDays says when a memory stored without expires_at is forgotten",
  ),
  threshold: proof("memoryEffects.test.ts", "memory.similarityThreshold leaves out what is less similar"),
  model: proof(
    "memoryEmbeddings.test.ts",
    "memory.embeddingModel: a search among embeddings of another model is refused until they are made anew",
  ),
  endpoint: proof(
    "memoryEmbeddings.test.ts",
    "memory.embeddingEndpoint: come from there, with the model and the key of secrets.embeddings",
  ),
  local: proof(
    "memoryLocalModel.test.ts",
    "memory.embeddingFolder: a model in a folder compares by meaning, and says that it is local",
  ),
  dimension: proof(
    "memoryEmbeddings.test.ts",
    "memory.embeddingDimension: a model that does not fit the column is refused, and says which setting mends it",
  ),
  encryption: proof(
    "memoryIsolation.test.ts",
    "security.dataEncryption.enabled: no column has a word of an encrypted content, and turning it off stores plain text",
  ),
  keys: proof(
    "memoryIsolation.test.ts",
    "security.dataEncryption.keys: the active key encrypts, every key of the ring opens, one that is gone does not",
  ),
  algorithm: proof(
    "memoryIsolation.test.ts",
    "security.dataEncryption.algorithm: a content that was put into another memory, or given another owner, is refused",
  ),
  keyAge: proof(
    "memoryIsolation.test.ts",
    "security.dataEncryption.keyRotationInterval: a key in use for longer is reported, in the log and to managers",
  ),
};
