import { serverNames, type ServerName } from "#model/names.ts";
import { imageEntries, serversFolder, volumeFolders } from "#model/serverFolders.ts";
import type { FileKey } from "#model/files/schema/files.ts";

/*
 * What a container finds beside its configuration. Rules compare paths and references with it.
 */

/** Folders of every server's container that are there for anybody's files, with what lies below them. */
const commonFolders = ["/tmp", ...imageEntries.map((entry) => `${serversFolder}/${entry}`)];

/** Where backups will lie; no volume is there yet, and nothing is written. */
const backupFolder = `${serversFolder}/backups`;

/** Folders that paths of a file may lie in, and those that they may only be. */
export function foldersFor(file: FileKey): { readonly within: readonly string[]; readonly exactly?: string } {
  const volumes = (server: ServerName) => volumeFolders[server].map((folder) => `${serversFolder}/${folder}`);
  if (file === "memory" || file === "compliance") return { within: volumes(file) };
  const all = serverNames.flatMap(volumes);
  const shared = file === "env" || file === "mcp" ? [...all, backupFolder] : [];
  return { within: [...commonFolders, ...shared], exactly: serversFolder };
}

/** Folder of the log files, on a volume. */
export const logFolder = "/var/log/kilocode/mcp";

/** Bytes that the log files of one server may come to, rotated ones and the one being written included. */
export const logVolumeSize = 1024 ** 3;

/** TLS files of every server, and what each is. */
export const tlsFiles = {
  certificate: "/etc/ssl/kilocode/mcp.crt",
  key: "/etc/ssl/kilocode/mcp.key",
  authority: "/etc/ssl/kilocode/ca.crt",
} as const;

/** Key type of the certificates that the stack makes, as suites name it. */
export const certificateKey = "ECDSA";

/** Files below `/run/kilocode/secrets` that the stack makes by itself. */
export const ownSecrets = [
  "database-password",
  "database-reader-password",
  "database-writer-password",
  "database-fixer-password",
  "jwt-keys",
  "encryption-keys",
] as const;

/** Files there that hold what the user supplied, with the name that it has below `secrets` of the stack. */
export const suppliedFor: Readonly<Record<ServerName, readonly string[]>> = {
  filesystem: ["elasticsearch"],
  postgres: ["elasticsearch"],
  memory: ["elasticsearch", "embeddings"],
  compliance: ["elasticsearch", "smtp", "slack"],
};

export const suppliedSecrets: readonly string[] = [...new Set(Object.values(suppliedFor).flat())];

/** Secrets that marks of `.env` may name. */
export const markedSecrets = ["database-password", "jwt-secret", "api-key", "encryption-key"] as const;

/** Bits of the keys that the stack makes for tokens: enough for every algorithm that access.json can name. */
export const jwtKeyBits = 512;

/** `api_keys.key_prefix` takes 10 characters; the stack writes the first 8 of a key into it. */
export const storedKeyPrefix = 8;

/** Characters that must remain in the stored prefix to tell keys apart. */
export const tellingCharacters = 1;
