import { asSource, effective, without, type Effects } from "./effect.ts";
import { memoryProofs as proofs } from "./proofs/memory.ts";
import { runningServer } from "./sections.ts";

const folder = "servers/memory";
const server = `${folder}/memoryServer.ts`;
const pool = `${folder}/memoryDatabase.ts`;
const store = `${folder}/tools/storeMemory.ts`;
const embedder = `${folder}/embedding/chooseEmbedder.ts`;
const backup = `${folder}/rounds/backup.ts`;
const consolidation = `${folder}/rounds/consolidation.ts`;

/** `memory.json` */
export const memoryEffects: Effects = {
  ...runningServer,
  "/database/vectorDbPath": without("memories lie in PostgreSQL, not in a folder"),
  "/database/maxSize": asSource,
  "/database/encryption": asSource,
  "/database/backupsPath": effective(server, "config.database.backupsPath", proofs.export),
  "/database/cleanupInterval": effective(
    `${folder}/rounds/expiry.ts`,
    "config.database.cleanupInterval",
    proofs.cleanup,
  ),
  "/database/compression": effective(
    `${folder}/transfer/writeExport.ts`,
    "config.database.compression",
    proofs.export,
  ),
  "/database/backupInterval": effective(backup, "config.database.backupInterval", proofs.export),
  "/database/backupRetention": effective(backup, "config.database.backupRetention", proofs.exportsKept),
  "/database/pool/min": effective(pool, "database.pool.min", proofs.pool),
  "/database/pool/max": effective(pool, "database.pool.max", proofs.pool),
  "/memory/maxItems": effective(server, "config.memory.maxItems", proofs.eviction),
  "/memory/maxSizePerItem": effective(store, "bytes > maxSizePerItem", proofs.size),
  "/memory/defaultTags": effective(store, "tidyTags(defaultTags)", proofs.defaultTags),
  "/memory/autoConsolidate": effective(consolidation, "config.memory.autoConsolidate", proofs.consolidation),
  "/memory/consolidationInterval": effective(
    consolidation,
    "config.memory.consolidationInterval",
    proofs.consolidationInterval,
  ),
  "/memory/retentionDays": effective(store, "after(now, retentionDays)", proofs.retention),
  "/memory/embeddingModel": effective(embedder, "embeddingModel: model", proofs.model),
  "/memory/embeddingEndpoint": effective(embedder, "embeddingEndpoint: url", proofs.endpoint),
  "/memory/embeddingFolder": effective(embedder, "embeddingFolder: folder", proofs.local),
  "/memory/embeddingDimension": effective(embedder, "embeddingDimension: dimension", proofs.dimension),
  "/memory/similarityThreshold": effective(
    `${folder}/tools/retrieveMemory.ts`,
    "config.memory.similarityThreshold",
    proofs.threshold,
  ),
  "/security/dataEncryption/enabled": effective(
    `${folder}/contentCipher.ts`,
    "{ enabled, algorithm }",
    proofs.encryption,
  ),
  "/security/dataEncryption/algorithm": effective(
    `${folder}/contentCipher.ts`,
    "ciphers[algorithm]",
    proofs.algorithm,
  ),
  "/security/dataEncryption/keyRotationInterval": effective(
    `${folder}/keyAges.ts`,
    "config.security.dataEncryption.keyRotationInterval",
    proofs.keyAge,
  ),
  "/security/dataEncryption/keys": effective(server, "dataEncryption.keys", proofs.keys),
};
