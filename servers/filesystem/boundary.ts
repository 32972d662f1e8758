import type { PathParts } from "./pathParts.ts";

/**
 * Where a place stands: `inside` an allowed folder; `hidden`, inside one but below a name that begins with a dot;
 * `above`, on the way to one; `outside` all of them.
 */
export type Standing = "inside" | "hidden" | "above" | "outside";

/** Judges places by their names, one by one, never as text: `/tmp-x` is not in `/tmp`. */
export interface Boundary {
  standing(parts: PathParts): Standing;
}

/** @param includeHidden whether names that begin with a dot are seen; those of the allowed folders always are */
export function boundaryOf(folders: readonly PathParts[], includeHidden: boolean): Boundary {
  return {
    standing(parts) {
      const around = folders.filter((folder) => startsWith(parts, folder));
      const seen = ({ length }: PathParts) =>
        includeHidden || !parts.some((name, at) => at >= length && name.startsWith("."));
      if (around.some(seen)) return "inside";
      if (folders.some((folder) => startsWith(folder, parts))) return "above";
      return around.length > 0 ? "hidden" : "outside";
    },
  };
}

export function startsWith(parts: PathParts, start: PathParts): boolean {
  return start.length <= parts.length && start.every((name, at) => name === parts[at]);
}
