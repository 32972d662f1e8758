import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existingFolder } from "../arrivals.ts";
import type { Files } from "../files.ts";
import { changing, contentSchema, pathSchema, textContent } from "../toolParts.ts";

const input = z.object({ path: pathSchema("The directory") });
const output = z.object({ content: contentSchema() });

export function createDirectory(files: Files): AnyTool {
  return defineTool({
    name: "create_directory",
    title: "Create a directory",
    description:
      "Creates a directory, with those around it that are missing. Succeeds also if it exists already.",
    permission: "write",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: changing({ destructive: false, idempotent: true }),
    input,
    output,
    content: textContent,
    run: ({ path }, { signal }) =>
      files.at(
        path,
        signal,
        async (arrival) => {
          existingFolder(arrival, path);
          return { content: `Successfully created directory ${path}` };
        },
        { create: true },
      ),
  });
}
