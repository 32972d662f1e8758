import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existingFolder } from "../arrivals.ts";
import type { Files } from "../files.ts";
import { goDown } from "../folderTree.ts";
import { anyGlob, excludeSchema, glob, globSchema } from "../globs.ts";
import { pathText } from "../pathParts.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";

/** Entries that one search looks at. */
const mostSearched = 100_000;
const mostFound = 1000;

const input = z.object({
  path: pathSchema("The directory at the top"),
  pattern: globSchema().describe("A glob of paths relative to `path`: `*.ts` there, `**/*.ts` at any depth."),
  excludePatterns: excludeSchema(),
});
const output = z.object({
  content: contentSchema(),
  paths: z.array(z.string()).describe("Full paths."),
  truncated: z.boolean().describe("Whether the search ended before it had seen everything."),
});

export function searchFiles(files: Files): AnyTool {
  return defineTool({
    name: "search_files",
    title: "Search for files",
    description: `Looks below a directory for files and directories whose path fits a glob. Goes ${files.config.maxDepth} levels down, looks at ${mostSearched} entries and returns ${mostFound} at most; symbolic links are not gone through.`,
    permission: "read",
    audit: { record: ["path", "pattern"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    run: ({ path, pattern, excludePatterns }, { signal }) =>
      files.at(path, signal, async (arrival) => {
        const folder = existingFolder(arrival, path);
        const [fits, excluded] = [glob(pattern), anyGlob(excludePatterns, false)];
        const paths: string[] = [];
        let deep = false;
        const ended = await goDown(folder, {
          rules: files.rules,
          maxDepth: files.config.maxDepth,
          most: mostSearched,
          signal,
          visit({ path: below }) {
            if (paths.length > mostFound || excluded(below)) return false;
            if (fits(below)) paths.push(pathText([...folder.parts, below]));
            return true;
          },
          deep: () => (deep = true),
        });
        const found = paths.slice(0, mostFound);
        const truncated = ended || deep || found.length < paths.length;
        const lines = found.length > 0 ? found : ["No matches found"];
        return {
          content: [
            ...lines,
            ...(truncated ? [`… the search ended before it had seen everything.`] : []),
          ].join("\n"),
          paths: found,
          truncated,
        };
      }),
  });
}
