import { asSource, each, planned, without, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { comingServer } from "./sections.ts";

const keys = [
  "/database/backupsPath",
  "/database/cleanupInterval",
  "/database/compression",
  "/database/backupInterval",
  "/database/backupRetention",
  "/database/pool/min",
  "/database/pool/max",
  "/memory/maxItems",
  "/memory/maxSizePerItem",
  "/memory/defaultTags",
  "/memory/autoConsolidate",
  "/memory/consolidationInterval",
  "/memory/retentionDays",
  "/memory/embeddingModel",
  "/memory/embeddingDimension",
  "/memory/similarityThreshold",
  "/security/dataEncryption/enabled",
  "/security/dataEncryption/algorithm",
  "/security/dataEncryption/keyRotationInterval",
  "/security/dataEncryption/keys",
];

/** `memory.json` */
export const memoryEffects: Effects = {
  ...comingServer(parts.memory),
  ...each(planned(parts.memory), keys),
  "/database/vectorDbPath": without("memories lie in PostgreSQL, not in a folder"),
  "/database/maxSize": asSource,
  "/database/encryption": asSource,
};
