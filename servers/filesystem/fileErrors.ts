import { ToolError } from "#servers/runtime/tool.ts";

/** What a caller is told when the system refuses, as words that follow the path. */
const words: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "is not a directory",
  EISDIR: "is a directory",
  EEXIST: "exists already",
  ENOTEMPTY: "is a directory that is not empty",
  EACCES: "cannot be reached: the server has no permission for it",
  EPERM: "cannot be changed: the server has no permission for it",
  EROFS: "cannot be changed: it is mounted read-only",
  ENOSPC: "cannot be written: no space is left",
  EDQUOT: "cannot be written: the quota is used up",
  EFBIG: "cannot be written: it is too large for its file system",
  ENAMETOOLONG: "has a name that is too long",
  ELOOP: "was changed meanwhile; try again",
  ESTALE: "was changed meanwhile; try again",
  EBUSY: "is in use; try again",
  ETXTBSY: "is in use; try again",
  EMFILE: "cannot be opened now: too many files are open; try again",
  ENFILE: "cannot be opened now: too many files are open; try again",
  EXDEV: "lies on another file system; read it, write it there and remove it here",
  EINVAL: "cannot be used so; a directory cannot be moved into itself",
};

/** A failure at a place; `path` stands there as the caller wrote it. */
export function placeError(code: string, path: string, problem: string): ToolError {
  return new ToolError(code, `${JSON.stringify(path)} ${problem}`);
}

/** The system's error in words without the paths that it was given; what is not known stays as it is. */
export function toToolError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  const problem = code === undefined ? undefined : words[code];
  if (error instanceof ToolError || code === undefined || problem === undefined) return error;
  return new ToolError(code, `${JSON.stringify(path)} ${problem}`, { cause: error });
}

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}
