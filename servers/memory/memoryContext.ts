import type { MemoryFile } from "#model/files/schema/memory.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { AccessCounter } from "./accessCounter.ts";
import type { ContentCipher } from "./contentCipher.ts";
import type { Embedder } from "./embedding/embedder.ts";
import type { ModelCheck } from "./embedding/modelCheck.ts";
import type { MemoryDatabase } from "./memoryDatabase.ts";
import type { Room } from "./room.ts";

/** What tools and rounds work with; one for each version of the files. */
export interface MemoryContext {
  readonly config: MemoryFile;
  readonly log: Log;
  readonly database: MemoryDatabase;
  readonly cipher: ContentCipher;
  readonly embedder: Embedder;
  readonly models: ModelCheck;
  readonly accesses: AccessCounter;
  readonly room: Room;
  /** Folder of the exports. */
  readonly backups: string;
  /** Whether the caller may do what concerns everybody's memories: its role has every permission. */
  readonly mayManage: (call: ToolCall) => boolean;
}
