import { Minimatch } from "minimatch";
import { z } from "zod";
import { ToolError } from "#servers/runtime/tool.ts";

/** Alternatives that braces of one pattern may come to. */
const mostAlternatives = 1000;

export const globSchema = () => z.string().min(1).max(1000);

export const excludeSchema = () =>
  z
    .array(globSchema())
    .max(100)
    .default([])
    .describe("Glob patterns of paths, relative to `path`, that are left out.");

/**
 * Whether a path fits a glob; the path has slashes and is relative. A dot at the beginning of a name is nothing special.
 *
 * @throws ToolError for a pattern that cannot be used
 */
export function glob(pattern: string): (path: string) => boolean {
  try {
    const parsed = new Minimatch(pattern, { dot: true, braceExpandMax: mostAlternatives });
    if (parsed.set.length >= mostAlternatives) throw new RangeError("too many alternatives");
    return (path) => parsed.match(path);
  } catch {
    throw new ToolError(
      "invalid_pattern",
      `the pattern ${JSON.stringify(pattern)} cannot be used; write fewer alternatives in braces`,
    );
  }
}

/** The same for several. @param anywhere a pattern without `*` also fits a name at any depth */
export function anyGlob(patterns: readonly string[], anywhere: boolean): (path: string) => boolean {
  const forms = patterns.flatMap((pattern) =>
    anywhere && !pattern.includes("*") ? [pattern, `**/${pattern}`, `**/${pattern}/**`] : [pattern],
  );
  const fits = forms.map(glob);
  return (path) => fits.some((fit) => fit(path));
}
