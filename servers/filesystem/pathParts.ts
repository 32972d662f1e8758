import { ToolError } from "#servers/runtime/tool.ts";

/** An absolute path as the names from the root down; the root itself is the empty list. */
export type PathParts = readonly string[];

/** As Linux has them, in bytes. */
const longestPath = 4096;
const longestName = 255;

export function pathText(parts: PathParts): string {
  return `/${parts.join("/")}`;
}

export function partsOf(absolute: string): PathParts {
  return absolute.split("/").filter((name) => name !== "");
}

/**
 * The place that a caller's path names. `.` and `..` are taken out by the letter, relative paths begin at `root`,
 * and nothing else is interpreted: neither `~`, nor `%2e`, nor a backslash.
 *
 * @throws ToolError for text that is no path
 */
export function readPath(path: string, root: PathParts): PathParts {
  if (path.includes("\0")) throw invalid("holds a null character");
  if (!path.isWellFormed()) throw invalid("is not well-formed Unicode");
  if (Buffer.byteLength(path) > longestPath) throw invalid(`is longer than ${longestPath} bytes`);
  const parts: string[] = path.startsWith("/") ? [] : [...root];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (Buffer.byteLength(name) > longestName)
      throw invalid(`has a name that is longer than ${longestName} bytes`);
    if (name === "..") parts.pop();
    else parts.push(name);
  }
  return parts;
}

function invalid(problem: string): ToolError {
  return new ToolError("invalid_path", `the path ${problem}; give one inside the allowed directories`);
}
