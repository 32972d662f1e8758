import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { pipeline } from "node:stream";
import { ToolError } from "#servers/runtime/tool.ts";
import { footSchema, headSchema, itemSchema, madeAt } from "./exportForm.ts";
import type { ExportedItem } from "./exportForm.ts";

/** A line of an export with its number, which errors name. */
export interface ExportedLine {
  readonly number: number;
  readonly item: ExportedItem;
}

/**
 * The memories of an export, read line by line; the last step makes sure that the file has its end.
 *
 * @param maxLineBytes a longer line is refused
 * @throws ToolError naming the line that is wrong
 */
export async function* readExport(
  folder: string,
  file: string,
  maxLineBytes: number,
): AsyncGenerator<ExportedLine> {
  let number = 0;
  let memories = 0;
  let ended = false;
  for await (const text of fileLines(folder, file, maxLineBytes)) {
    number += 1;
    if (ended) throw refused(number, "comes after the end");
    const value = parse(number, text);
    if (number === 1) {
      if (!headSchema.safeParse(value).success)
        throw refused(number, "is not the head of an export of version 1");
      continue;
    }
    const foot = footSchema.safeParse(value);
    if (foot.success) {
      if (foot.data.memories !== memories)
        throw refused(number, `counts ${foot.data.memories} memories; there are ${memories}`);
      ended = true;
      continue;
    }
    const item = itemSchema.safeParse(value);
    if (!item.success) {
      const key = item.error.issues[0]?.path.join("/");
      throw refused(
        number,
        key === undefined || key === "" ? "is no memory" : `is no memory: ${key} cannot be used`,
      );
    }
    memories += 1;
    yield { number, item: item.data };
  }
  if (!ended) throw new ToolError("transfer", "The export is cut off: it has no end. Take another one.");
}

export function refused(number: number, problem: string): ToolError {
  return new ToolError("transfer", `Line ${number} of the export ${problem}. Nothing was imported.`);
}

function parse(number: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(number, "is no JSON");
  }
}

async function* fileLines(folder: string, file: string, maxBytes: number): AsyncGenerator<string> {
  if (!madeAt(file)) {
    throw new ToolError(
      "transfer",
      "file must be the name of an export, as get_stats lists them; it has no folder.",
    );
  }
  const handle = await openRegular(join(folder, file));
  const bytes = handle.createReadStream();
  // Errors of both arrive where the second one is read.
  const source = file.endsWith(".gz") ? pipeline(bytes, createGunzip(), () => {}) : bytes;
  let pending: Buffer[] = [];
  let size = 0;
  let number = 1;
  try {
    for await (const chunk of source) {
      let rest = chunk as Buffer;
      for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
        yield Buffer.concat([...pending, rest.subarray(0, at)]).toString("utf8");
        [pending, size, rest] = [[], 0, rest.subarray(at + 1)];
        number += 1;
      }
      pending.push(rest);
      size += rest.length;
      if (size > maxBytes) throw refused(number, `is longer than ${maxBytes} bytes`);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(
      "transfer",
      "The export cannot be read to its end: it is damaged. Nothing was imported.",
      { cause: error },
    );
  } finally {
    bytes.destroy();
  }
  if (size > 0) throw refused(number, "is cut off");
}

async function openRegular(path: string) {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ELOOP") throw error;
  }
  throw new ToolError("transfer", "There is no such export; get_stats lists those that are there.");
}
