import { basename, dirname } from "node:path";
import { filesystemFile } from "#model/files/schema/filesystem.ts";
import type { FilesystemFile } from "#model/files/schema/filesystem.ts";
import { unreachableFolders } from "#model/serverFolders.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { PreparedParts, ServerContext, ServerDefinition } from "#servers/runtime/runServer.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { checkAllowedFolders } from "./allowedFolders.ts";
import { Files } from "./files.ts";
import { FolderChanges } from "./folderChanges.ts";
import { Shield } from "./shield.ts";
import { createDirectory } from "./tools/createDirectory.ts";
import { directoryTree } from "./tools/directoryTree.ts";
import { editFile } from "./tools/editFile.ts";
import { getFileInfo } from "./tools/getFileInfo.ts";
import { listAllowedDirectories } from "./tools/listAllowedDirectories.ts";
import { listChanges } from "./tools/listChanges.ts";
import { listDirectory } from "./tools/listDirectory.ts";
import { listDirectoryWithSizes } from "./tools/listDirectoryWithSizes.ts";
import { moveFile } from "./tools/moveFile.ts";
import { readMediaFile } from "./tools/readMediaFile.ts";
import { readMultipleFiles } from "./tools/readMultipleFiles.ts";
import { readTextFile } from "./tools/readTextFile.ts";
import { searchFiles } from "./tools/searchFiles.ts";
import { writeFile } from "./tools/writeFile.ts";
import { Turns } from "./turns.ts";

/** Files below the allowed folders, with the tools of the stock filesystem server. */
export const filesystemServer: ServerDefinition<FilesystemFile> = {
  name: "filesystem",
  instructions:
    "Reads and changes files below the allowed directories; list_allowed_directories names them. Relative paths begin at the server's root folder.",
  schema: filesystemFile,
  prepare,
};

/** Versions of the files take turns together: a call under way may still belong to the one before. */
const turns = new Turns();

/** What is remembered of watched folders, while the settings that it depends on stay. */
let watching: { readonly settings: string; readonly changes: FolderChanges } | undefined;

async function prepare(
  { config, files: version }: Loaded<FilesystemFile>,
  { log, state }: ServerContext,
): Promise<PreparedParts> {
  const own = [version.id, ...(basename(version.id).startsWith("..") ? [dirname(version.id)] : []), state];
  const files = new Files(config.filesystem, await Shield.over([...unreachableFolders, ...own]), turns);
  await checkAllowedFolders(files, log);
  const tools = filesystemTools(files, config.server.timeout);
  return { activate: () => ({ tools, close: () => Promise.resolve() }) };
}

/** @param timeout milliseconds that one call may take */
export function filesystemTools(files: Files, timeout: number): AnyTool[] {
  const { enableWatch } = files.config;
  return [
    readTextFile(files, "read_file"),
    readTextFile(files, "read_text_file"),
    readMediaFile(files),
    readMultipleFiles(files),
    writeFile(files),
    editFile(files),
    createDirectory(files),
    listDirectory(files),
    listDirectoryWithSizes(files),
    directoryTree(files),
    moveFile(files),
    searchFiles(files),
    getFileInfo(files),
    listAllowedDirectories(files),
    ...(enableWatch ? [listChanges(files, changesOf(files.config), 0.8 * timeout)] : []),
  ];
}

function changesOf(config: FilesystemFile["filesystem"]): FolderChanges {
  const settings = JSON.stringify(config);
  if (watching?.settings !== settings)
    watching = { settings, changes: new FolderChanges(config.watchInterval) };
  return watching.changes;
}
