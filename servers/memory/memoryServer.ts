import { memoryFile } from "#model/files/schema/memory.ts";
import type { MemoryFile } from "#model/files/schema/memory.ts";
import { readKeyRing } from "#servers/runtime/keyRing.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type {
  PreparedParts,
  ServerContext,
  ServerDefinition,
  ServerParts,
} from "#servers/runtime/runServer.ts";
import { stateFolder } from "#servers/runtime/stateFolder.ts";
import type { AnyTool, ToolCall } from "#servers/runtime/tool.ts";
import { AccessCounter } from "./accessCounter.ts";
import { ContentCipher } from "./contentCipher.ts";
import { chooseEmbedder } from "./embedding/chooseEmbedder.ts";
import { ModelCheck } from "./embedding/modelCheck.ts";
import { keyAgeRound, reportDueKeys } from "./keyAges.ts";
import { measureMemories } from "./measureMemories.ts";
import type { MemoryContext } from "./memoryContext.ts";
import { MemoryDatabase } from "./memoryDatabase.ts";
import { Room } from "./room.ts";
import { backupRound } from "./rounds/backup.ts";
import { consolidationRound } from "./rounds/consolidation.ts";
import { encryptionRound } from "./rounds/encryption.ts";
import { expiryRound } from "./rounds/expiry.ts";
import { keepRounds } from "./rounds/keepRounds.ts";
import { deleteMemory } from "./tools/deleteMemory.ts";
import { exportMemories } from "./tools/exportMemories.ts";
import { getStats } from "./tools/getStats.ts";
import { importMemories } from "./tools/importMemories.ts";
import { listTags } from "./tools/listTags.ts";
import { recallMemory } from "./tools/recallMemory.ts";
import { reembedMemories } from "./tools/reembedMemories.ts";
import { retrieveMemory } from "./tools/retrieveMemory.ts";
import { searchByTag } from "./tools/searchByTag.ts";
import { storeMemory } from "./tools/storeMemory.ts";
import { updateMemory } from "./tools/updateMemory.ts";

const handoverMilliseconds = 2000;
const keyBytes = 32;

/** Remembering texts: found by what they say, by time and by tags; each client's are its own. */
export const memoryServer: ServerDefinition<MemoryFile> = {
  name: "memory",
  instructions:
    "Remembers texts. store_memory keeps one; retrieve_memory finds by what it says, recall_memory by when it was stored, search_by_tag by tags. Only you see your memories, unless you share them.",
  schema: memoryFile,
  prepare,
};

async function prepare(loaded: Loaded<MemoryFile>, { log, state }: ServerContext): Promise<PreparedParts> {
  const { config, files, login } = loaded;
  const { dataEncryption } = config.security;
  const ring = await readKeyRing(files, dataEncryption.keys, keyBytes);
  const openEmbedder = await chooseEmbedder(config.memory, files, log);
  return {
    activate(previous): ServerParts {
      const database = new MemoryDatabase(config, login);
      const embedder = openEmbedder();
      const context: MemoryContext = {
        config,
        log,
        database,
        embedder,
        cipher: new ContentCipher(ring, dataEncryption),
        models: new ModelCheck(embedder),
        accesses: new AccessCounter(database, log),
        room: new Room(database, config.memory.maxItems),
        backups: stateFolder(state, config.database.backupsPath),
        mayManage: (call) => mayManage(loaded, call),
      };
      if (embedder.kind === "lexical")
        log.warn("memories are compared by words: no embedding model is in force");
      // Calls under way keep what they have; the delay is for those that are about to take a connection.
      if (previous) setTimeout(() => void previous.close(), handoverMilliseconds).unref();
      const rounds = keepRounds(context, [
        expiryRound(context),
        ...encryptionRound(context),
        ...consolidationRound(context),
        backupRound(context),
        keyAgeRound,
      ]);
      void reportDueKeys(context).catch((error: unknown) =>
        log.warn({ err: error }, "the age of keys is not known"),
      );
      return {
        tools: toolsOf(context),
        measure: measureMemories(database),
        async close() {
          await rounds.stop();
          await context.accesses.flush();
          await Promise.all([embedder.close(), database.close()]);
        },
      };
    },
  };
}

function toolsOf(context: MemoryContext): AnyTool[] {
  return [
    storeMemory(context),
    retrieveMemory(context),
    recallMemory(context),
    searchByTag(context),
    updateMemory(context),
    deleteMemory(context),
    listTags(context),
    getStats(context),
    exportMemories(context),
    importMemories(context),
    reembedMemories(context),
  ];
}

function mayManage({ access, config }: Loaded<MemoryFile>, { caller }: ToolCall): boolean {
  if (!access.authorization.enabled || !config.security.enableAuthorization) return true;
  return access.authorization.roles[caller.role]?.permissions.includes("*") === true;
}
