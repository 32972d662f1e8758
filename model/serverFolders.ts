import type { ServerName } from "./names.ts";

/** What the specification calls the project folder. In every container of a server. */
export const serversFolder = "/opt/kilocode/mcp-servers";

/** Part of the image, owned by root, never writable, the same for all servers. */
export const imageEntries = ["package.json", "node_modules", "model", "servers"] as const;

/**
 * Folders below it that are volumes of one server, its own to write; no other server mounts them, and none of them
 * lies in the image. A server has them from the day it is built.
 */
export const volumeFolders: Readonly<Record<ServerName, readonly string[]>> = {
  filesystem: [],
  postgres: [],
  memory: ["memory_db", "memory_backups"],
  compliance: ["rules", "reports"],
};
