import { createHash } from "node:crypto";
import { basename } from "node:path";
import { databaseName, type ServerName } from "./names.ts";

/** A connection string for users of the database; the CA comes from the output `caCertificate`. */
export function urlOfDatabase(login: { user: string; password: string; host: string; port: number }): string {
  const password = encodeURIComponent(login.password);
  return `postgresql://${login.user}:${password}@${login.host}:${login.port}/${databaseName}?sslmode=verify-full`;
}

/** What a client needs to know of a server; the key is not part of it. */
export interface ClientEntry {
  readonly type: "streamable-http";
  readonly url: string;
  /** Tools that it calls without asking. */
  readonly alwaysAllow?: readonly string[] | undefined;
  /** Milliseconds that it waits for an answer. */
  readonly timeout?: number | undefined;
}

/**
 * Client to server to entry, for the servers that a client may use.
 *
 * @param mcpFile text of the rendered mcp.json, which says how clients treat each server
 */
export function clientEntries(
  clients: Readonly<Record<string, { readonly servers: readonly ServerName[] }>>,
  endpoints: Partial<Record<ServerName, string>>,
  mcpFile: string,
): Record<string, Record<string, ClientEntry>> {
  const { mcpServers } = JSON.parse(mcpFile) as {
    mcpServers: Partial<Record<ServerName, Pick<ClientEntry, "alwaysAllow" | "timeout">>>;
  };
  const entry = (server: ServerName, url: string): ClientEntry => ({
    type: "streamable-http",
    url,
    alwaysAllow: mcpServers[server]?.alwaysAllow,
    timeout: mcpServers[server]?.timeout,
  });
  const entries = (servers: readonly ServerName[]) =>
    servers.flatMap((server) => {
      const url = endpoints[server];
      return url === undefined ? [] : [[server, entry(server, url)] as const];
    });
  return Object.fromEntries(
    Object.entries(clients).map(([name, { servers }]) => [name, Object.fromEntries(entries(servers))]),
  );
}

/** Every rendered file by its path below the mount point, in which secrets are references. */
export function deliveredFiles(
  database: { readonly conf: string; readonly hba: string },
  files: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.entries(files).map(([name, text]) => [`mcp/${name}`, text]);
  return {
    "postgres/postgresql.conf": database.conf,
    "postgres/pg_hba.conf": database.hba,
    ...(Object.fromEntries(own) as Record<string, string>),
  };
}

/** File name to SHA-256 of the text. */
export function fileHashes(files: Readonly<Record<string, string>>): Record<string, string> {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [basename(path), hash(text)]));
}

/** The keys of the stack's own clients, without the one that the gate uses. */
export function keysOf(
  clients: Readonly<Record<string, unknown>>,
  keys: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).filter(([client]) => client in clients));
}
