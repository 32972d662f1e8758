import type { ServerName } from "./names.ts";

/** What the specification calls the project folder. In every container of a server. */
export const serversFolder = "/opt/kilocode/mcp-servers";

/** Part of the image, owned by root, never writable, the same for all servers. */
export const imageEntries = ["package.json", "node_modules", "model", "servers"] as const;

/**
 * Folders below it that lie on the volume of one server, its own to write; no other server mounts it, and none of them
 * is part of the image, which has links there.
 */
export const volumeFolders: Readonly<Record<ServerName, readonly string[]>> = {
  filesystem: [],
  postgres: [],
  memory: ["memory_db", "memory_backups"],
  compliance: ["rules", "reports"],
};

/**
 * No tool reaches these, or what lies below them, whatever `filesystem.json` allows: the kernel's own, devices,
 * the server's files and secrets, its logs and what it keeps.
 */
export const unreachableFolders = [
  "/proc",
  "/sys",
  "/dev",
  "/etc/kilocode",
  "/etc/ssl/kilocode",
  "/run/kilocode",
  "/var/lib/kilocode",
  "/var/log/kilocode",
] as const;

/** The one of them in which `path` lies, or that lies in `path`; undefined if neither. */
export function unreachableFor(path: string): string | undefined {
  return unreachableFolders.find((folder) => liesIn(path, folder) || liesIn(folder, path));
}

function liesIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
