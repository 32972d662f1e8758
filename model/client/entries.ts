import { readingToolsOf } from "./readingTools.ts";

/**
 * What a client program's file has to say to reach the servers of a stack, in the form of that program. No
 * entry holds a secret: the usual form runs the bridge of `connect/`, which reads address, certificates and
 * key from the user's files; the remote form of Kilo refers to the file that holds the key.
 */
export const clientForms = ["kilo", "kilo-legacy", "json"] as const;
export type ClientForm = (typeof clientForms)[number];

export interface EntryServer {
  /** URL of the server's `/mcp`; only the remote form says it, the bridge reads it from the user's files. */
  readonly url?: string | undefined;
  /** Tools that the client may call without asking; default: those that only read. All others ask. */
  readonly alwaysAllow?: readonly string[] | undefined;
  /** Milliseconds that a client waits for an answer; default 30 000, as in the specification. */
  readonly timeout?: number | undefined;
}

export interface BridgePaths {
  /** The Node.js that runs the bridge: an absolute path, or a name to be found on PATH. */
  readonly node: string;
  /** `connect/main.mjs`. */
  readonly bridge: string;
}

export interface EntryRequest {
  /** Name of the project, for people. */
  readonly project: string;
  readonly stack: string;
  /** Whose key the bridge uses. */
  readonly client: string;
  readonly servers: Readonly<Record<string, EntryServer>>;
  readonly paths: BridgePaths;
  /** Put before each server's name, so that two stacks fit into one file. */
  readonly prefix?: string | undefined;
  /** Environment that the bridge needs and the client may not pass on. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Kilo's `type: "remote"`: Kilo itself speaks HTTPS, and reads the key from a file. */
export interface RemoteRequest extends Omit<EntryRequest, "paths" | "environment"> {
  /** The file that holds the client's key. */
  readonly keyFile: string;
}

export type Permission = "allow" | "ask";

/** Entries for one client file. */
export interface ClientFile {
  /** Top-level key of the file below which the entries lie. */
  readonly under: "mcp" | "mcpServers";
  readonly entries: Readonly<Record<string, object>>;
  /** Kilo's top-level `permission`; the last rule that matches a tool counts, so the order matters. */
  readonly permission?: Readonly<Record<string, Permission>>;
}

export const defaultTimeoutMs = 30_000;

/** Entries that run the bridge, one per server. */
export function clientFile(form: ClientForm, request: EntryRequest): ClientFile {
  const entries = named(request, (server, name) => entryOf(form, request, server, name));
  if (form !== "kilo") return { under: "mcpServers", entries };
  return { under: "mcp", entries, permission: permissions(request) };
}

/**
 * Entries by which Kilo connects by itself. They work in Kilo's global file only (in a project's file it drops
 * an entry that refers to files), and only while NODE_EXTRA_CA_CERTS names the stack's certificates.
 */
export function remoteClientFile(request: RemoteRequest): ClientFile {
  const entries = named(request, ({ url, timeout }) => ({
    type: "remote",
    url,
    headers: { "X-API-Key": `{file:${request.keyFile}}` },
    // Kilo would look for an OAuth server as long as there is no Authorization header.
    oauth: false,
    enabled: true,
    timeout: timeout ?? defaultTimeoutMs,
  }));
  return { under: "mcp", entries, permission: permissions(request) };
}

/** The command line by which a client starts the bridge for one server. */
export function bridgeCommand(
  { stack, client, paths }: Pick<EntryRequest, "stack" | "client" | "paths">,
  server: string,
): string[] {
  return [paths.node, paths.bridge, "--stack", stack, "--client", client, "--server", server];
}

function entryOf(form: ClientForm, request: EntryRequest, server: EntryServer, name: string): object {
  const [command = "", ...args] = bridgeCommand(request, name);
  const timeout = server.timeout ?? defaultTimeoutMs;
  const { environment } = request;
  const env = environment === undefined || Object.keys(environment).length === 0 ? undefined : environment;
  if (form === "kilo") {
    return {
      type: "local",
      command: [command, ...args],
      ...(env && { environment: env }),
      enabled: true,
      timeout,
    };
  }
  const common = { command, args, ...(env && { env }) };
  const alwaysAllow = allowed(server, name);
  if (form === "kilo-legacy") return { ...common, alwaysAllow, disabled: false, timeout: inSeconds(timeout) };
  // No timeout: what reads this form does not agree whether it is seconds or milliseconds.
  return {
    ...common,
    description: `The ${name} server of ${request.project}, stack ${request.stack}`,
    alwaysAllow,
  };
}

/** Kilo's older file takes whole seconds from 1 to 3600. */
export function inSeconds(milliseconds: number): number {
  return Math.min(3600, Math.max(1, Math.ceil(milliseconds / 1000)));
}

function allowed(server: EntryServer, name: string): readonly string[] {
  return server.alwaysAllow ?? readingToolsOf(name);
}

/** Everything of the server asks, as Kilo's own agents would not always do, except what is allowed. */
function permissions(request: Pick<EntryRequest, "servers" | "prefix">): Record<string, Permission> {
  const rules = Object.entries(request.servers).flatMap(([name, server]): [string, Permission][] => {
    const tool = (what: string) => `${kiloName(`${request.prefix ?? ""}${name}`)}_${what}`;
    return [
      [tool("*"), "ask"],
      ...allowed(server, name).map((what): [string, Permission] => [tool(kiloName(what)), "allow"]),
    ];
  });
  return Object.fromEntries(rules);
}

/** As Kilo writes names of servers and tools in the names of its permissions. */
function kiloName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_");
}

function named(
  { servers, prefix = "" }: Pick<EntryRequest, "servers" | "prefix">,
  entry: (server: EntryServer, name: string) => object,
): Record<string, object> {
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [`${prefix}${name}`, entry(server, name)]),
  );
}
