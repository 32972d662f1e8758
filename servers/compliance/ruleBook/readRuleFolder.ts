import { constants, open, readdir, realpath } from "node:fs/promises";
import { lstat } from "node:fs/promises";

export interface RuleText {
  readonly file: string;
  readonly text?: string;
  /** Why there is no text. */
  readonly problem?: string;
}

export const maxFileBytes = 256 * 1024;
export const maxFiles = 100;

/**
 * The YAML files of a folder, by name. Only regular files in the folder itself: a link could name any file of the
 * container, a pipe would never end.
 */
export async function readRuleFolder(folder: string): Promise<RuleText[]> {
  const names = await ruleNames(folder);
  const texts = await Promise.all(names.slice(0, maxFiles).map((name) => readOne(folder, name)));
  const rest = names.slice(maxFiles).map((file) => ({ file, problem: `is one more than ${maxFiles} files` }));
  return [...texts, ...rest];
}

/** Changes whenever a file of the folder does. */
export async function folderSignature(folder: string): Promise<string> {
  const names = await ruleNames(folder);
  const marks = names.map(async (name) => {
    const { mtimeMs, ctimeMs, size, ino } = await lstat(`${folder}/${name}`);
    return [name, mtimeMs, ctimeMs, size, ino].join(" ");
  });
  return (await Promise.all(marks)).join("\n");
}

/** None where there is no folder yet. */
async function ruleNames(folder: string): Promise<string[]> {
  try {
    const names = await readdir(await realpath(folder));
    return names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function readOne(folder: string, file: string): Promise<RuleText> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const handle = await open(`${folder}/${file}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) return { file, problem: "is no regular file" };
      const buffer = Buffer.alloc(maxFileBytes + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > maxFileBytes) return { file, problem: `has more than ${maxFileBytes / 1024} kB` };
      return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP") return { file, problem: "is a symbolic link, which is not followed" };
    if (error instanceof TypeError) return { file, problem: "is not UTF-8" };
    return { file, problem: `cannot be read (${code ?? "unreadable"})` };
  }
}
