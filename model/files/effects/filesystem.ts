import { effective, type Effects } from "./effect.ts";
import { filesystemProofs as proofs } from "./proofs/filesystem.ts";
import { runningServer } from "./sections.ts";

const server = "servers/filesystem/filesystemServer.ts";
const files = "servers/filesystem/files.ts";
const cors = "servers/runtime/cors.ts";

/** `filesystem.json` */
export const filesystemEffects: Effects = {
  ...runningServer,
  "/filesystem/root": effective(files, "partsOf(root)", proofs.root),
  "/filesystem/allowedPaths": effective(files, "allowedPaths.map(partsOf)", proofs.allowedPaths),
  "/filesystem/maxFileSize": effective(
    "servers/filesystem/tools/readTextFile.ts",
    "files.config.maxFileSize",
    proofs.maxFileSize,
  ),
  "/filesystem/maxDepth": effective(
    "servers/filesystem/tools/directoryTree.ts",
    "files.config.maxDepth",
    proofs.maxDepth,
  ),
  "/filesystem/followSymlinks": effective(
    "servers/filesystem/walk.ts",
    "this.#rules.followSymlinks",
    proofs.followSymlinks,
  ),
  "/filesystem/includeHidden": effective(
    "servers/filesystem/boundary.ts",
    "includeHidden ||",
    proofs.includeHidden,
  ),
  "/filesystem/enableWatch": effective(server, "enableWatch ?", proofs.enableWatch),
  "/filesystem/watchInterval": effective(server, "config.watchInterval", proofs.watchInterval),
  "/security/cors/enabled": effective(cors, "cors?.enabled", proofs.cors),
  "/security/cors/origins": effective(cors, "cors.origins.includes(origin)", proofs.cors),
  "/security/cors/methods": effective(cors, "cors.methods.join", proofs.cors),
  "/security/cors/headers": effective(cors, "cors.headers.join", proofs.cors),
};
