import { filesystemFile } from "#model/files/schema/filesystem.ts";
import type { FilesystemFile } from "#model/files/schema/filesystem.ts";
import type { ServerDefinition } from "#servers/runtime/runServer.ts";

export const filesystemServer: ServerDefinition<FilesystemFile> = {
  name: "filesystem",
  instructions: "",
  schema: filesystemFile,
  prepare: () => Promise.resolve({ activate: () => ({ tools: [], close: () => Promise.resolve() }) }),
};
