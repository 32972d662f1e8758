import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existingFolder } from "../arrivals.ts";
import type { Files } from "../files.ts";
import { changeKinds } from "../folderChanges.ts";
import type { FolderChanges } from "../folderChanges.ts";
import { entryKinds, mostEntries } from "../folderEntries.ts";
import { pathText } from "../pathParts.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";

const input = z.object({
  path: pathSchema("The directory to watch"),
  cursor: z
    .string()
    .max(100)
    .optional()
    .describe("From the answer before; without one, watching begins and nothing has changed yet."),
  waitMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(0)
    .describe("Wait so many milliseconds for a change, but less than the server's time-out."),
});
const output = z.object({
  content: contentSchema(),
  changes: z.array(
    z.object({
      path: z.string().describe("Relative to the watched directory."),
      change: z.enum(changeKinds),
      type: z.enum(entryKinds),
    }),
  ),
  cursor: z.string().describe("For the next call."),
  reset: z
    .boolean()
    .describe("The cursor is not known any more and watching began anew: read the directory again."),
  truncated: z.boolean().describe("The directory holds more than is watched."),
});

/** @param longestWait milliseconds */
export function listChanges(files: Files, changes: FolderChanges, longestWait: number): AnyTool {
  return defineTool({
    name: "list_changes",
    title: "List what changed",
    description: `Tells what was created, changed or deleted below a directory since an earlier call. Call it once without a cursor, then each time with the cursor of the answer before. Looks ${files.config.maxDepth} levels down, at ${mostEntries} entries at most, every ${files.config.watchInterval} ms at most.`,
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    async run({ path, cursor, waitMs }, { signal }) {
      const found = await changes.since({
        key: pathText(files.partsOf(path)),
        cursor,
        waitMilliseconds: Math.min(waitMs, longestWait),
        signal,
        look: (work) => files.at(path, signal, (arrival) => work(existingFolder(arrival, path))),
        tree: { rules: files.rules, maxDepth: files.config.maxDepth, most: mostEntries },
      });
      const lines = found.changes.map((each) => `${each.change} ${each.path}`);
      const none = found.reset ? "Watching began anew; read the directory again." : "Nothing has changed.";
      return {
        content: lines.length > 0 ? lines.join("\n") : none,
        ...found,
        changes: found.changes.map(({ path: changed, change, kind }) => ({
          path: changed,
          change,
          type: kind,
        })),
      };
    },
  });
}
