import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existing, requireChangeable, turnKey } from "../arrivals.ts";
import { startsWith } from "../boundary.ts";
import { codeOf, placeError } from "../fileErrors.ts";
import type { Files } from "../files.ts";
import { moveEntry } from "../moveEntry.ts";
import { partsOf } from "../pathParts.ts";
import type { PathParts } from "../pathParts.ts";
import { changing, contentSchema, pathSchema, textContent } from "../toolParts.ts";
import type { Arrival } from "../walk.ts";

const input = z.object({
  source: pathSchema("The file or directory"),
  destination: pathSchema("Its new path, with its new name"),
});
const output = z.object({ content: contentSchema() });
type Paths = z.output<typeof input>;

export function moveFile(files: Files): AnyTool {
  return defineTool({
    name: "move_file",
    title: "Move a file or directory",
    description:
      "Moves or renames a file or directory. Fails if there is something of the new name, or if the new place is on another file system.",
    permission: "write",
    audit: { record: ["source", "destination"], resource: ({ source }) => source },
    annotations: changing({ destructive: true, idempotent: false }),
    input,
    output,
    content: textContent,
    run: ({ source, destination }, { signal }) =>
      files.at(source, signal, (from) =>
        files.at(destination, signal, async (to) => {
          await move(files, { source, destination }, from, to);
          return { content: `Successfully moved ${source} to ${destination}` };
        }),
      ),
  });
}

async function move(files: Files, { source, destination }: Paths, from: Arrival, to: Arrival): Promise<void> {
  const { stats, parts } = existing(from, source);
  requireChangeable(from, source);
  requireChangeable(to, destination);
  requireNoAllowedFolder(files, parts, source);
  if (!stats.isFile() && !stats.isDirectory())
    throw placeError("not_file", source, "is neither a file nor a directory");
  if (to.place) throw placeError("EEXIST", destination, "exists already");
  // In one order for everybody, so that two moves never wait for each other.
  const [first = "", second = ""] = [turnKey(from), turnKey(to)].sort();
  const work = () =>
    moveEntry({
      from: { folder: from.folder, name: from.name, stats, path: source },
      to: { folder: to.folder, name: to.name, path: destination },
    });
  try {
    await files.turns.take(first, () => (first === second ? work() : files.turns.take(second, work)));
  } catch (error) {
    if (codeOf(error) === "EXDEV")
      throw new ToolError(
        "EXDEV",
        "source and destination are on different file systems; write the file anew there",
      );
    throw error;
  }
}

function requireNoAllowedFolder(files: Files, parts: PathParts, source: string): void {
  if (files.config.allowedPaths.some((folder) => startsWith(partsOf(folder), parts)))
    throw placeError("outside", source, "is an allowed directory or holds one, and stays where it is");
}
