import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { allowedFolderProblem } from "../allowedFolders.ts";
import type { Files } from "../files.ts";
import { contentSchema, reading, textContent } from "../toolParts.ts";

const input = z.object({});
const output = z.object({
  content: contentSchema(),
  root: z.string().describe("Where relative paths begin."),
  directories: z.array(
    z.object({
      path: z.string(),
      available: z.boolean(),
      problem: orNull(z.string()).describe("Why it is not available."),
    }),
  ),
});

export function listAllowedDirectories(files: Files): AnyTool {
  return defineTool({
    name: "list_allowed_directories",
    title: "List the allowed directories",
    description:
      "Names the directories that the tools reach, each with all that lies below it, and says which of them are not there.",
    permission: "read",
    annotations: reading,
    input,
    output,
    content: textContent,
    async run(_, { signal }) {
      const { allowedPaths, root } = files.config;
      const directories = [];
      for (const path of allowedPaths) {
        const problem = (await allowedFolderProblem(files, path, signal)) ?? null;
        directories.push({ path, available: problem === null, problem });
      }
      const lines = directories.map(({ path, problem }) =>
        problem === null ? path : `${path} (not available: ${problem})`,
      );
      return { content: ["Allowed directories:", ...lines].join("\n"), root, directories };
    },
  });
}
