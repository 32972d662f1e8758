import { placeError } from "./fileErrors.ts";
import type { Place } from "./place.ts";
import type { Arrival } from "./walk.ts";

/** @throws ToolError if there is nothing */
export function existing({ place }: Arrival, path: string): Place {
  if (place) return place;
  throw placeError("ENOENT", path, "does not exist");
}

/** @throws ToolError if there is no folder */
export function existingFolder(arrival: Arrival, path: string): Place {
  const place = existing(arrival, path);
  if (place.stats.isDirectory()) return place;
  throw placeError("ENOTDIR", path, "is not a directory");
}

/** An allowed folder itself lies in a folder that is not allowed, so it can be neither made nor moved. */
export function requireChangeable({ mayChange }: Arrival, path: string): void {
  if (!mayChange)
    throw placeError("outside", path, "is an allowed directory itself; only what lies in it can be changed");
}

/** One key for all ways to the same name. */
export function turnKey({ folder, name }: Arrival): string {
  return `${folder.stats.dev}:${folder.stats.ino}/${name}`;
}
