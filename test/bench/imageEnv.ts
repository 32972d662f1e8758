import { readFileSync } from "node:fs";

/** Default memory of a server's container, in megabytes. */
export const containerMegabytes = 256;

/**
 * What the image sets for a server's process, in a container with its default memory: a percentage of the machine's
 * would be another one here.
 *
 * @throws Error when the image sets something else
 */
export function imageEnv(): Record<string, string> {
  const dockerfile = readFileSync(new URL("../../images/mcp/Dockerfile", import.meta.url), "utf8");
  const options = /NODE_OPTIONS="--max-old-space-size-percentage=(\d+) ([^"]*)"/.exec(dockerfile);
  const arenas = /MALLOC_ARENA_MAX=(\d+)/.exec(dockerfile);
  if (!options || !arenas) throw new Error("images/mcp/Dockerfile sets no heap or no arenas");
  const heap = Math.floor((containerMegabytes * Number(options[1])) / 100);
  return { MALLOC_ARENA_MAX: arenas[1]!, NODE_OPTIONS: `--max-old-space-size=${heap} ${options[2]!}` };
}
