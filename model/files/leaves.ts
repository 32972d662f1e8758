import { stackKey, type Place } from "./place.ts";
import { fileSchemas, type FileKey } from "./schema/files.ts";
import { leavesOf, type Leaf } from "./schema/walk.ts";

/** One key of a rendered file, with its place. */
export interface FileLeaf extends Leaf {
  readonly place: Place;
}

const byFile = new Map<FileKey, readonly FileLeaf[]>();
const byPlace = new Map<string, FileLeaf>();

/** The keys of a file, in its order. */
export function fileLeaves(file: FileKey): readonly FileLeaf[] {
  const known = byFile.get(file);
  if (known) return known;
  const leaves = leavesOf(fileSchemas[file]).map((leaf) => ({ ...leaf, place: { file, parts: leaf.parts } }));
  byFile.set(file, leaves);
  for (const leaf of leaves) byPlace.set(stackKey(leaf.place), leaf);
  return leaves;
}

/** The key at a place; undefined if there is none, or if the place lies inside a key's value. */
export function leafAt(place: Place): FileLeaf | undefined {
  fileLeaves(place.file);
  return byPlace.get(stackKey(place));
}
