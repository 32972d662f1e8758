import { memoryFile } from "#model/files/schema/memory.ts";
import type { MemoryFile } from "#model/files/schema/memory.ts";
import type { ServerDefinition } from "#servers/runtime/runServer.ts";

export const memoryServer: ServerDefinition<MemoryFile> = {
  name: "memory",
  instructions: "",
  schema: memoryFile,
  prepare: () => Promise.resolve({ activate: () => ({ tools: [], close: () => Promise.resolve() }) }),
};
