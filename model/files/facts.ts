import { bridgeCommand } from "#model/client/entries.ts";
import {
  containerPorts,
  databaseName,
  objectPrefix,
  ownClients,
  serverNames,
  type ServerName,
} from "#model/names.ts";

/** Everything that rendered files take from the stack's settings; each fact once. */
export interface FileFacts {
  readonly environment: "production" | "development";
  readonly version: string;
  /** Servers that run. */
  readonly enabled: readonly ServerName[];
  /** Ports inside the containers. */
  readonly ports: Readonly<Record<ServerName, number>>;
  /** Names, without port, by which a server is reached. */
  readonly hosts: Readonly<Record<ServerName, readonly string[]>>;
  readonly database: {
    /** As the certificate of PostgreSQL names it. */
    readonly host: string;
    readonly port: number;
    readonly name: string;
    /** Each server's own login; reader and writer run callers' SQL, the fixer fixes, `application` reads and writes. */
    readonly users: Readonly<Record<ServerName | "reader" | "writer" | "fixer" | "application", string>>;
    /** Connections of one pool at most. */
    readonly poolSize: number;
  };
  /** Days. */
  readonly retention: { readonly auditLogs: number; readonly systemMetrics: number };
  readonly embeddingDimension: number;
  /** Client to the servers that it may use; the stack's own clients are among them. */
  readonly clients: Readonly<Record<string, readonly ServerName[]>>;
  /** Networks from which clients may come; none: all. */
  readonly networks: readonly string[];
  /** Folders that users brought into each server's container. */
  readonly mounts: Readonly<Record<ServerName, readonly string[]>>;
  /** How a client starts the bridge to each server. */
  readonly bridge: Readonly<
    Record<ServerName, { readonly command: string; readonly args: readonly string[] }>
  >;
  /** Names of the secrets that the user supplied. */
  readonly secrets: readonly string[];
}

/** What of the settings of a stack the facts are made from. */
export interface FactSource {
  readonly project: string;
  readonly stack: string;
  readonly environment: "dev" | "prod";
  readonly network: {
    readonly publish: string;
    readonly hostnames: readonly string[];
    readonly clients: readonly string[];
  };
  readonly postgres: {
    readonly poolSize: number;
    readonly embeddingDimension: number;
    readonly retention: { readonly auditLogs: number; readonly systemMetrics: number };
  };
  readonly servers: Readonly<
    Record<ServerName, { readonly enabled: boolean; readonly mounts: readonly { readonly target: string }[] }>
  >;
  readonly clients: Readonly<Record<string, { readonly servers: readonly ServerName[] }>>;
  readonly rotation: { readonly database: number };
  readonly secrets: readonly string[];
}

/** @param version of this project */
export function fileFacts(settings: FactSource, version: string): FileFacts {
  const { network, postgres, servers, clients, rotation } = settings;
  const prefix = objectPrefix(settings.project, settings.stack);
  const enabled = serverNames.filter((server) => servers[server].enabled);
  const login = (name: string) => `${name}_${String(rotation.database)}`;
  return {
    environment: settings.environment === "prod" ? "production" : "development",
    version,
    enabled,
    ports: byServer((server) => containerPorts[server]),
    hosts: byServer((server) => [...network.hostnames, network.publish, `${prefix}-${server}`, server]),
    database: {
      host: "database",
      port: containerPorts.database,
      name: databaseName,
      users: {
        ...byServer(login),
        reader: login("postgres_reader"),
        writer: login("postgres_writer"),
        fixer: login("compliance_fixer"),
        application: login("app_user"),
      },
      poolSize: postgres.poolSize,
    },
    retention: { auditLogs: postgres.retention.auditLogs, systemMetrics: postgres.retention.systemMetrics },
    embeddingDimension: postgres.embeddingDimension,
    clients: {
      ...Object.fromEntries(Object.entries(clients).map(([name, { servers: own }]) => [name, own])),
      ...Object.fromEntries(ownClients.map((name) => [name, enabled])),
    },
    networks: network.clients,
    mounts: byServer((server) => servers[server].mounts.map(({ target }) => target)),
    bridge: byServer((server) => {
      const bridge = { stack: settings.stack, client: clientOf(clients, server), paths: bridgePaths };
      const [command = "", ...args] = bridgeCommand(bridge, server);
      return { command, args };
    }),
    secrets: settings.secrets,
  };
}

/** Relative to the project: no file of the stack holds a path of somebody's machine. */
const bridgePaths = { node: "node", bridge: "connect/main.mjs" } as const;

/** The first client that may use the server. */
function clientOf(clients: FactSource["clients"], server: ServerName): string {
  return Object.keys(clients).find((name) => clients[name]?.servers.includes(server)) ?? "default";
}

function byServer<T>(value: (server: ServerName) => T): Record<ServerName, T> {
  return Object.fromEntries(serverNames.map((server) => [server, value(server)])) as Record<ServerName, T>;
}
