// Where this project keeps what it can make again: outside the checkout, one per user.
import os from "node:os";
import path from "node:path";

export function cacheFolder(env = process.env) {
  const base = env.XDG_CACHE_HOME?.startsWith("/")
    ? env.XDG_CACHE_HOME
    : path.join(env.HOME ?? os.homedir(), ".cache");
  return path.join(base, "kilocode-mcp");
}
