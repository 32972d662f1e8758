import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existingFolder } from "../arrivals.ts";
import type { Files } from "../files.ts";
import { attributesOf, entryKinds, kindOf, readEntries } from "../folderEntries.ts";
import type { EntryKind } from "../folderEntries.ts";
import type { Place } from "../place.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";
import { labels, truncatedLine } from "./listDirectory.ts";

const input = z.object({
  path: pathSchema("The directory"),
  sortBy: z.enum(["name", "size"]).default("name").describe("`size`: the largest first."),
});
const output = z.object({
  content: contentSchema(),
  entries: z.array(
    z.object({
      name: z.string(),
      type: z.enum(entryKinds),
      size: z.int().describe("Bytes; 0 of a directory."),
    }),
  ),
  totalSize: z.int().describe("Bytes of all files in this answer."),
  truncated: z.boolean().describe("Whether the directory holds more than this answer."),
});

interface SizedEntry {
  readonly name: string;
  readonly type: EntryKind;
  readonly size: number;
}

export function listDirectoryWithSizes(files: Files): AnyTool {
  return defineTool({
    name: "list_directory_with_sizes",
    title: "List a directory with sizes",
    description: "Lists what a directory holds, with sizes, counts and the sum of the sizes.",
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    run: ({ path, sortBy }, { signal }) =>
      files.at(path, signal, async (arrival) => {
        const folder = existingFolder(arrival, path);
        const found = await readEntries(folder, files.rules.boundary, signal);
        const entries = await sized(
          folder,
          found.entries.map(({ name }) => name),
          signal,
        );
        if (sortBy === "size") entries.sort((a, b) => b.size - a.size);
        const totalSize = entries.reduce((sum, { size }) => sum + size, 0);
        return {
          content: present(entries, totalSize, found.truncated),
          entries,
          totalSize,
          truncated: found.truncated,
        };
      }),
  });
}

async function sized(folder: Place, names: readonly string[], signal: AbortSignal): Promise<SizedEntry[]> {
  const entries: SizedEntry[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    const stats = await attributesOf(folder, name);
    if (stats) entries.push({ name, type: kindOf(stats), size: stats.isFile() ? stats.size : 0 });
  }
  return entries;
}

function present(entries: readonly SizedEntry[], totalSize: number, truncated: boolean): string {
  const count = (kind: EntryKind) => entries.filter(({ type }) => type === kind).length;
  return [
    ...entries.map(({ name, type, size }) =>
      `${labels[type]} ${name.padEnd(30)} ${type === "file" ? readable(size).padStart(10) : ""}`.trimEnd(),
    ),
    ...(truncated ? [truncatedLine] : []),
    "",
    `Total: ${entries.length - count("directory")} files, ${count("directory")} directories`,
    `Combined size: ${readable(totalSize)}`,
  ].join("\n");
}

function readable(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(2)} ${units[unit]!}`;
}
