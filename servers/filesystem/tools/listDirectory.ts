import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existingFolder } from "../arrivals.ts";
import type { Files } from "../files.ts";
import { entryKinds, mostEntries, readEntries } from "../folderEntries.ts";
import type { EntryKind } from "../folderEntries.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";

const input = z.object({ path: pathSchema("The directory") });
const output = z.object({
  content: contentSchema(),
  entries: z.array(z.object({ name: z.string(), type: z.enum(entryKinds) })).describe("By name."),
  truncated: z.boolean().describe("Whether the directory holds more than this answer."),
});

export const labels: Readonly<Record<EntryKind, string>> = {
  file: "[FILE]",
  directory: "[DIR]",
  symlink: "[LINK]",
  other: "[OTHER]",
};

export const truncatedLine = `… and more: the answer ends after ${mostEntries} entries.`;

export function listDirectory(files: Files): AnyTool {
  return defineTool({
    name: "list_directory",
    title: "List a directory",
    description: `Lists what a directory holds, with [FILE], [DIR] or [LINK] before each name; at most ${mostEntries} entries.`,
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    run: ({ path }, { signal }) =>
      files.at(path, signal, async (arrival) => {
        const folder = existingFolder(arrival, path);
        const { entries, truncated } = await readEntries(folder, files.rules.boundary, signal);
        const text = entries.map(({ name, kind }) => `${labels[kind]} ${name}`);
        return {
          content: [...text, ...(truncated ? [truncatedLine] : [])].join("\n"),
          entries: entries.map(({ name, kind }) => ({ name, type: kind })),
          truncated,
        };
      }),
  });
}
