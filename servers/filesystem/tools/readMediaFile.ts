import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { existing } from "../arrivals.ts";
import { readContent } from "../fileContent.ts";
import type { Files } from "../files.ts";
import { pathText } from "../pathParts.ts";
import { pathSchema, reading } from "../toolParts.ts";

/** By the ending of the name. Everything else is bytes of no known type. */
const mediaTypes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".bmp": "image/bmp",
  ".svg": "image/svg+xml",
  ".avif": "image/avif",
  ".mp3": "audio/mpeg",
  ".wav": "audio/wav",
  ".ogg": "audio/ogg",
  ".flac": "audio/flac",
};

const input = z.object({ path: pathSchema("The file") });

const output = z.object({
  content: z
    .array(
      z.union([
        z.object({ type: z.enum(["image", "audio"]), data: z.string(), mimeType: z.string() }),
        z.object({
          type: z.literal("resource"),
          resource: z.object({ uri: z.string(), mimeType: z.string(), blob: z.string() }),
        }),
      ]),
    )
    .describe("One block: an image, a sound, or the bytes of any other file; base64."),
});

export function readMediaFile(files: Files): AnyTool {
  return defineTool({
    name: "read_media_file",
    title: "Read a media file",
    description:
      "Reads a file as base64, with its media type: images and sounds as such, every other file as an embedded resource.",
    permission: "read",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: reading,
    input,
    output,
    content: ({ content }) => content,
    async run({ path }, { signal }) {
      const { maxFileSize: maxBytes } = files.config;
      return files.at(path, signal, async (arrival) => {
        const place = existing(arrival, path);
        const data = await files.budget.hold(place.stats.size, signal, async () =>
          (await readContent(place, { maxBytes, signal, path })).toString("base64"),
        );
        return { content: [blockOf(pathText(place.parts), data)] };
      });
    },
  });
}

function blockOf(path: string, data: string): z.output<typeof output>["content"][number] {
  const mimeType = mediaTypes[extname(path).toLowerCase()] ?? "application/octet-stream";
  if (mimeType.startsWith("image/")) return { type: "image", data, mimeType };
  if (mimeType.startsWith("audio/")) return { type: "audio", data, mimeType };
  return { type: "resource", resource: { uri: pathToFileURL(path).href, mimeType, blob: data } };
}
