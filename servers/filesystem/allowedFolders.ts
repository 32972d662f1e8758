import { unreachableFor } from "#model/serverFolders.ts";
import { FileRefused } from "#servers/runtime/fileRefused.ts";
import type { Log } from "#servers/runtime/log.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import { existingFolder } from "./arrivals.ts";
import type { Files } from "./files.ts";

const key = "/filesystem/allowedPaths";

/** A start does not wait longer than this for a folder on a network. */
const longestMilliseconds = 5000;

/**
 * Refuses folders that no tool may reach, by their names and by what is found there, and says in the log which allowed
 * folders are not available. Those may come later, so that is no reason not to start.
 *
 * @throws FileRefused
 */
export async function checkAllowedFolders(files: Files, log: Log): Promise<void> {
  for (const folder of files.config.allowedPaths) {
    const unreachable = unreachableFor(folder);
    if (unreachable !== undefined)
      throw new FileRefused(
        "filesystem.json",
        `${key}: ${folder} is, holds or lies in ${unreachable}, which no tool may reach; name other folders`,
      );
  }
  const signal = AbortSignal.timeout(longestMilliseconds);
  for (const folder of files.config.allowedPaths) {
    try {
      await goTo(files, folder, signal);
    } catch (error) {
      if (error instanceof ToolError && error.code === "outside")
        throw new FileRefused(
          "filesystem.json",
          `${key}: ${folder} leads to the server's own files or to those of the kernel; name other folders`,
        );
      log.warn({ folder, problem: problemOf(error) }, "an allowed folder is not available");
    }
  }
}

/** Why an allowed folder cannot be used now; undefined if it can. */
export async function allowedFolderProblem(
  files: Files,
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await goTo(files, folder, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return problemOf(error);
  }
}

function goTo(files: Files, folder: string, signal: AbortSignal): Promise<void> {
  return files.at(folder, signal, async (arrival) => void existingFolder(arrival, folder));
}

function problemOf(error: unknown): string {
  // Its words begin with the path, which stands beside them.
  if (error instanceof ToolError) return error.message.replace(/^"[^"]*" /, "");
  return "cannot be reached";
}
