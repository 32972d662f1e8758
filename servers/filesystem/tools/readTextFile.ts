import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existing } from "../arrivals.ts";
import { decodeText, readContent } from "../fileContent.ts";
import type { Files } from "../files.ts";
import { firstLines, lastLines } from "../textLines.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";

const lines = (which: string) =>
  z.int().min(1).max(1_000_000_000).optional().describe(`Only the ${which} so many lines.`);

const input = z.object({ path: pathSchema("The file"), head: lines("first"), tail: lines("last") });
const output = z.object({ content: contentSchema() });

const names = {
  read_text_file: {
    title: "Read a text file",
    description:
      "Reads a text file (UTF-8), as a whole or its first or last lines (head or tail, not both). Refuses binary files; read_media_file reads those.",
  },
  read_file: {
    title: "Read a text file (old name)",
    description: "The same as read_text_file, under the name that older clients use.",
  },
} as const;

export function readTextFile(files: Files, name: keyof typeof names): AnyTool {
  return defineTool({
    name,
    ...names[name],
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: textContent,
    async run({ path, head, tail }, { signal }) {
      if (head !== undefined && tail !== undefined)
        throw new ToolError("invalid_arguments", "give head or tail, not both");
      const text = await readText(files, path, signal);
      if (head !== undefined) return { content: firstLines(text, head) };
      return { content: tail === undefined ? text : lastLines(text, tail) };
    },
  });
}

/** @throws ToolError */
export function readText(
  files: Files,
  path: string,
  signal: AbortSignal,
  maxBytes = files.config.maxFileSize,
): Promise<string> {
  return files.at(path, signal, (arrival) => {
    const place = existing(arrival, path);
    return files.budget.hold(place.stats.size, signal, async () =>
      decodeText(await readContent(place, { maxBytes, signal, path }), path),
    );
  });
}
