import { readFile, realpath } from "node:fs/promises";
import { isAbsolute, normalize } from "node:path";
import { paths } from "#model/names.ts";
import { FileRefused } from "./fileRefused.ts";

/** Names under which the files are also known (specification.md, `ssl.json`); the image links them. */
const aliases: readonly (readonly [string, string])[] = [
  ["/etc/ssl/kilocode/", "ssl/"],
  ["/run/kilocode/secrets/", "secrets/"],
  [`${paths.files}/`, ""],
];

/**
 * One version of a service's files. Everything a load reads comes from the one folder that `..data` named
 * when the load began, so that a switch in the middle of it cannot mix two versions.
 */
export interface FilesVersion {
  /** Changes with every switch. */
  readonly id: string;
  /** Text of the file that `path` (absolute, as in the container) names. */
  read(path: string): Promise<string>;
  /** As `read`; undefined where there is no such file. */
  readOptional(path: string): Promise<string | undefined>;
  /** Resolves `file:<path>` to the file's text without its last line break. */
  secret(reference: string): Promise<string>;
}

/** @param folder Where the files are mounted, `/etc/kilocode` in a container. */
export async function currentVersionId(folder: string): Promise<string> {
  try {
    return await realpath(`${folder}/..data`);
  } catch {
    return realpath(folder);
  }
}

export async function openFilesVersion(folder: string): Promise<FilesVersion> {
  const id = await currentVersionId(folder);
  const read = (path: string): Promise<string> => readFile(`${id}/${relativePath(path)}`, "utf8");
  return {
    id,
    async read(path) {
      try {
        return await read(path);
      } catch (error) {
        throw new FileRefused(path, `cannot be read (${codeOf(error)})`);
      }
    },
    async readOptional(path) {
      try {
        return await read(path);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw new FileRefused(path, `cannot be read (${codeOf(error)})`);
      }
    },
    async secret(reference) {
      const path = reference.slice("file:".length);
      try {
        const text = (await read(path)).replace(/\r?\n$/, "");
        if (text !== "") return text;
      } catch (error) {
        throw new FileRefused(path, `the secret cannot be read (${codeOf(error)})`);
      }
      throw new FileRefused(path, "the secret is empty");
    },
  };
}

/** Path inside a version. Only the mounted files can be named, so that no setting can make a server open another one. */
function relativePath(path: string): string {
  const clean = normalize(path);
  if (isAbsolute(path)) {
    for (const [prefix, inside] of aliases) {
      if (clean.startsWith(prefix)) return inside + clean.slice(prefix.length);
    }
  }
  throw new FileRefused(path, `is not below ${paths.files} or /etc/ssl/kilocode`);
}

function codeOf(error: unknown): string {
  if (error instanceof FileRefused) return error.problem;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code ?? "unreadable";
}
