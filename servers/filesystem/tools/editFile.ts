import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { requireChangeable, turnKey } from "../arrivals.ts";
import { decodeText, encodeText, readContent } from "../fileContent.ts";
import { placeError } from "../fileErrors.ts";
import type { Files } from "../files.ts";
import { replaceFile } from "../replaceFile.ts";
import { EditNotFound, applyEdits } from "../textEdits.ts";
import { changing, contentSchema, pathSchema, textContent } from "../toolParts.ts";
import { unifiedDiff } from "../unifiedDiff.ts";
import type { Arrival } from "../walk.ts";

const input = z.object({
  path: pathSchema("The file"),
  edits: z
    .array(
      z.object({
        oldText: z.string().min(1).describe("What the file holds; its first occurrence is replaced."),
        newText: z.string().describe("What stands there instead."),
      }),
    )
    .min(1)
    .max(200)
    .describe("Made one after the other; all of them or none."),
  dryRun: z.boolean().default(false).describe("Only show what would change."),
});
const output = z.object({
  content: contentSchema(),
  changed: z.boolean().describe("Whether the file holds something else now."),
});

export function editFile(files: Files): AnyTool {
  return defineTool({
    name: "edit_file",
    title: "Edit a text file",
    description:
      "Replaces passages of a text file (UTF-8) and returns the difference as a unified diff. Where a passage does not stand literally, lines that differ in white space at their ends only are taken.",
    permission: "write",
    audit: { record: ["path"], resource: ({ path }) => path },
    annotations: changing({ destructive: true, idempotent: false }),
    input,
    output,
    content: textContent,
    run: ({ path, edits, dryRun }, { signal }) =>
      files.at(path, signal, async (arrival) => {
        requireChangeable(arrival, path);
        // Reading and writing are one turn, so that of two edits at once none is lost.
        return files.turns.take(turnKey(arrival), () =>
          files.budget.hold(arrival.place?.stats.size ?? 0, signal, () =>
            edit(files, arrival, { path, edits, dryRun }, signal),
          ),
        );
      }),
  });
}

async function edit(
  files: Files,
  { folder, name }: Arrival,
  { path, edits, dryRun }: z.output<typeof input>,
  signal: AbortSignal,
): Promise<z.output<typeof output>> {
  const maxBytes = files.config.maxFileSize;
  // Opened anew: while it waited for its turn another file may have got the name.
  const place = await folder.open(name);
  try {
    const before = decodeText(await readContent(place, { maxBytes, signal, path }), path);
    const after = await applyEdits(before, edits, signal).catch((error: unknown) => {
      if (!(error instanceof EditNotFound)) throw error;
      throw placeError(
        "no_match",
        path,
        `holds no text that fits oldText of edits[${error.index}]; read the file again`,
      );
    });
    const bytes = encodeText(after, path, maxBytes);
    const content = unifiedDiff(path, before, after);
    if (dryRun || after === before) return { content, changed: false };
    const confirm = async (): Promise<void> => {
      const now = await folder.open(name);
      await now.close();
      const { ino, dev, size, mtimeMs, ctimeMs } = place.stats;
      const same = [now.stats.ino === ino, now.stats.dev === dev, now.stats.size === size];
      if (!same.every(Boolean) || now.stats.mtimeMs !== mtimeMs || now.stats.ctimeMs !== ctimeMs)
        throw placeError("changed", path, "was changed meanwhile; read the file again");
    };
    await replaceFile({ folder, name, bytes, before: place.stats, signal, confirm });
    return { content, changed: true };
  } finally {
    await place.close();
  }
}
