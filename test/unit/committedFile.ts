import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A file as it is committed: working with a stack may change its file in the checkout. */
export function committedFile(path: string): string {
  try {
    return execFileSync("git", ["show", `HEAD:${path}`], { cwd: root, encoding: "utf8", stdio: "pipe" });
  } catch {
    // Not a clone.
    return readFileSync(`${root}${path}`, "utf8");
  }
}
