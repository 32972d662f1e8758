import { each, planned, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { comingServer } from "./sections.ts";

const keys = [
  "/filesystem/root",
  "/filesystem/allowedPaths",
  "/filesystem/maxFileSize",
  "/filesystem/maxDepth",
  "/filesystem/followSymlinks",
  "/filesystem/includeHidden",
  "/filesystem/enableWatch",
  "/filesystem/watchInterval",
  "/security/cors/enabled",
  "/security/cors/origins",
  "/security/cors/methods",
  "/security/cors/headers",
];

/** `filesystem.json` */
export const filesystemEffects: Effects = {
  ...comingServer(parts.filesystem),
  ...each(planned(parts.filesystem), keys),
};
