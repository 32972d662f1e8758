import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existing } from "../arrivals.ts";
import { requireFile } from "../fileContent.ts";
import type { Files } from "../files.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";

const input = z.object({ path: pathSchema("The file or directory") });
const output = z.object({
  content: contentSchema(),
  type: z.enum(["file", "directory"]),
  size: z.number().describe("Bytes."),
  created: z.string(),
  modified: z.string(),
  accessed: z.string().describe("ISO 8601, as the two before."),
  permissions: z.string().describe("Octal."),
});

export function getFileInfo(files: Files): AnyTool {
  return defineTool({
    name: "get_file_info",
    title: "Describe a file or directory",
    description: "Tells type, size, times and permissions of a file or directory without opening it.",
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    run: ({ path }, { signal }) =>
      files.at(path, signal, async (arrival) => {
        const place = existing(arrival, path);
        const { stats } = place;
        if (!stats.isDirectory()) requireFile(place, path);
        const info = {
          size: stats.size,
          created: stats.birthtime.toISOString(),
          modified: stats.mtime.toISOString(),
          accessed: stats.atime.toISOString(),
        };
        const permissions = (stats.mode & 0o777).toString(8).padStart(3, "0");
        const told = { ...info, isDirectory: stats.isDirectory(), isFile: stats.isFile(), permissions };
        const lines = Object.entries(told).map(([key, value]) => `${key}: ${value}`);
        return {
          content: lines.join("\n"),
          type: stats.isFile() ? "file" : "directory",
          ...info,
          permissions,
        };
      }),
  });
}
