import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { requireChangeable, turnKey } from "../arrivals.ts";
import { encodeText, requireFile } from "../fileContent.ts";
import type { Files } from "../files.ts";
import { replaceFile } from "../replaceFile.ts";
import { changing, contentSchema, pathSchema, textContent } from "../toolParts.ts";

const input = z.object({
  path: pathSchema("The file"),
  content: z.string().describe("All that the file holds afterwards; written as UTF-8."),
});
const output = z.object({
  content: contentSchema(),
  bytes: z.int().describe("Size of the file."),
  created: z.boolean().describe("Whether there was no such file before."),
});

export function writeFile(files: Files): AnyTool {
  return defineTool({
    name: "write_file",
    title: "Write a file",
    description:
      "Creates a file, or replaces all that an existing one holds. The file is written as a whole or not at all. Its folder must exist.",
    permission: "write",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: changing({ destructive: true, idempotent: true }),
    input,
    output,
    content: textContent,
    async run({ path, content }, { signal }) {
      const bytes = encodeText(content, path, files.config.maxFileSize);
      return files.at(path, signal, async (arrival) => {
        const { folder, name, place } = arrival;
        requireChangeable(arrival, path);
        if (place) requireFile(place, path);
        await files.turns.take(turnKey(arrival), () =>
          replaceFile({ folder, name, bytes, before: place?.stats, signal }),
        );
        return {
          content: `Successfully wrote to ${path}`,
          bytes: bytes.length,
          created: place === undefined,
        };
      });
    },
  });
}
