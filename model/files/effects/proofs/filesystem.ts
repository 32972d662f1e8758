import type { Proof } from "../effect.ts";

const file = "test/integration/servers/effectsFilesystem.test.ts";

/** The filesystem server, as a process with its files. */
export const filesystemProofs = {
  root: { file, test: "filesystem.root is where relative paths begin" },
  allowedPaths: {
    file,
    test: "filesystem.allowedPaths are the folders that are reached, and one that is not there is told",
  },
  maxFileSize: { file, test: "filesystem.maxFileSize is the largest file that is read or written" },
  maxDepth: { file, test: "filesystem.maxDepth is how far a tree, a search and a watch go down" },
  followSymlinks: {
    file,
    test: "filesystem.followSymlinks says whether links are followed, within the allowed folders",
  },
  includeHidden: { file, test: "filesystem.includeHidden says whether names with a dot are seen" },
  enableWatch: { file, test: "filesystem.enableWatch says whether changes are told" },
  watchInterval: { file, test: "filesystem.watchInterval is how often changes are looked for" },
  cors: {
    file,
    test: "security.cors.enabled, origins, methods and headers are what a browser is told",
  },
} as const satisfies Record<string, Proof>;
