/** `$XDG_CACHE_HOME/kilocode-mcp`, by default `~/.cache/kilocode-mcp`. */
export function cacheFolder(env?: NodeJS.ProcessEnv): string;
