import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existingFolder } from "../arrivals.ts";
import type { Files } from "../files.ts";
import { mostEntries } from "../folderEntries.ts";
import { goDown } from "../folderTree.ts";
import { anyGlob, excludeSchema } from "../globs.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";

const input = z.object({ path: pathSchema("The directory at the top"), excludePatterns: excludeSchema() });
const output = z.object({
  content: contentSchema().describe("The tree as JSON."),
  truncated: z.boolean().describe("Whether there is more than this answer holds."),
});

interface Branch {
  readonly name: string;
  readonly type: "file" | "directory";
  /** Of directories. */
  readonly children?: Branch[];
  /** A directory that was not gone down into because it lies too deep. */
  truncated?: true;
}

export function directoryTree(files: Files): AnyTool {
  return defineTool({
    name: "directory_tree",
    title: "Show a directory tree",
    description: `Shows what lies below a directory as JSON: name, type (file or directory) and, of directories, children. Goes ${files.config.maxDepth} levels down and shows at most ${mostEntries} entries; symbolic links are not gone through.`,
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    run: ({ path, excludePatterns }, { signal }) =>
      files.at(path, signal, async (arrival) => {
        const folder = existingFolder(arrival, path);
        const excluded = anyGlob(excludePatterns, true);
        const top: Branch[] = [];
        const folders = new Map<string, Branch & { children: Branch[] }>();
        let deep = false;
        const truncated = await goDown(folder, {
          rules: files.rules,
          maxDepth: files.config.maxDepth,
          most: mostEntries,
          signal,
          visit({ path: below, name, kind }) {
            if (excluded(below)) return false;
            const siblings = folders.get(below.slice(0, -name.length - 1))?.children ?? top;
            if (kind === "directory") {
              const branch = { name, type: kind, children: [] };
              folders.set(below, branch);
              siblings.push(branch);
            } else siblings.push({ name, type: "file" });
            return true;
          },
          deep(below) {
            deep = true;
            folders.get(below)!.truncated = true;
          },
        });
        return { content: JSON.stringify(top, null, 2), truncated: truncated || deep };
      }),
  });
}
