import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import type { Files } from "../files.ts";
import { contentSchema, pathSchema, reading, textContent } from "../toolParts.ts";
import { readText } from "./readTextFile.ts";

const input = z.object({
  paths: z.array(pathSchema("A file")).min(1).max(200).describe("The files to read."),
});
const output = z.object({
  content: contentSchema(),
  failed: z.int().describe("Files that could not be read; the text says why."),
});

export function readMultipleFiles(files: Files): AnyTool {
  return defineTool({
    name: "read_multiple_files",
    title: "Read several text files",
    description:
      "Reads several text files (UTF-8), each under its path. A file that cannot be read does not keep the others from being read. Together they may be as large as one file may be.",
    permission: "read",
    audit: { record: ["paths"] },
    annotations: reading,
    input,
    output,
    content: textContent,
    async run({ paths }, { signal }) {
      // One after the other, so that an answer never needs more memory than one large file.
      let left = files.config.maxFileSize;
      let failed = 0;
      const parts: string[] = [];
      for (const path of paths) {
        try {
          const text = await readText(files, path, signal);
          left -= Buffer.byteLength(text);
          if (left < 0) throw tooMuch(files.config.maxFileSize);
          parts.push(`${path}:\n${text}\n`);
        } catch (error) {
          if (!(error instanceof ToolError)) throw error;
          left = Math.max(0, left);
          failed += 1;
          parts.push(`${path}: Error - ${error.message}`);
        }
      }
      return { content: parts.join("\n---\n"), failed };
    },
  });
}

function tooMuch(bytes: number): ToolError {
  return new ToolError(
    "too_large",
    `the files come to more than ${bytes} bytes together; read this one by itself`,
  );
}
