/**
 * Names and numbers that several parts must agree on. All of them are identity: changing one replaces
 * what carries it.
 */

/** The MCP servers of the specification, in its order. */
export const serverNames = ["filesystem", "postgres", "memory", "compliance"] as const;
export type ServerName = (typeof serverNames)[number];

/** Ports inside the containers, as specification.md gives them. */
export const containerPorts = {
  filesystem: 3000,
  postgres: 3001,
  memory: 3002,
  compliance: 3003,
  database: 5432,
} as const satisfies Record<ServerName | "database", number>;

/** Distance of a published port from `network.portBase`; without a base, the container's port is published. */
export const portOffsets = {
  filesystem: 0,
  postgres: 1,
  memory: 2,
  compliance: 3,
  database: 432,
} as const satisfies Record<ServerName | "database", number>;

/** One uid (= gid) per service, so that no service can open another one's files. */
export const serviceUids = {
  filesystem: 3000,
  postgres: 3001,
  memory: 3002,
  compliance: 3003,
  database: 5432,
  /** The shell beside the stack, which alone sees `.env`. */
  tools: 3010,
} as const satisfies Record<ServerName | "database" | "tools", number>;

/** The client that scripts in the tools container are; it may read on every server. */
export const toolsClient = "kilocode-tools";
/** The client that the gate is; it may read on every server, and its key leaves the state only for the gate. */
export const gateClient = "kilocode-gate";
/** Clients that no setting names. */
export const ownClients = [gateClient, toolsClient] as const;

export const databaseName = "mcp_db";
export const schemaName = "mcp";
/** Where extensions live, so that nothing of ours is mixed with theirs. */
export const extensionSchemaName = "extensions";
/** Tables of callers that may write: theirs to make, fill and drop through the postgres server. */
export const workspaceSchemaName = "workspace";

/** Roles without login own things and hold privileges; logins only inherit (names carry a generation). */
export const roles = {
  superuser: "postgres",
  owner: "mcp_owner",
  migrator: "mcp_migrator",
  /** Writes users, api_keys, configuration_files. */
  provisioner: "mcp_provisioner",
  /** What every server may do for itself: check a key, record heartbeats and audit rows. */
  service: "mcp_service",
  /** What reads for a caller. */
  reader: "mcp_reader",
  /** What writes for a caller whose role may: rows of a caller's own tables, never ours. */
  writer: "mcp_writer",
  /** The memory server: what every server may do, and its items. */
  memory: "mcp_memory",
  /** The compliance server: what every server may do, what it checks, and its results. */
  compliance: "mcp_compliance",
  /** Runs the approved fixes of compliance rules; nothing else. */
  fixer: "mcp_fixer",
  /** Read-write group for the specification's statements and the stack output `databaseUrl`. */
  application: "app_user",
} as const;

/** Login roles without generation, and the group that each inherits from. */
export const loginGroups = {
  provisioner: roles.provisioner,
  app_user: roles.application,
  filesystem: roles.service,
  /** The postgres server for itself, and what runs its callers' SQL. */
  postgres: roles.service,
  postgres_reader: roles.reader,
  postgres_writer: roles.writer,
  memory: roles.memory,
  compliance: roles.compliance,
  compliance_fixer: roles.fixer,
} as const;
export type LoginName = keyof typeof loginGroups;

export const paths = {
  /** Mount point of a service's files volume. */
  files: "/etc/kilocode",
  data: "/var/lib/postgresql",
  pgdata: "/var/lib/postgresql/data",
  socket: "/run/postgresql",
  /** Mount point of what a server keeps: log files, records that wait for the database, exports, reports. */
  state: "/var/lib/kilocode",
} as const;

/** Labels on every Docker object of a stack. */
export const labels = {
  project: "io.kilocode.project",
  stack: "io.kilocode.stack",
  /** Random id of the stack instance: objects that carry another one are never touched. */
  instance: "io.kilocode.instance",
} as const;

/** Common prefix of the Docker objects of a stack, which are called `<project>-<stack>-<what>`. */
export function objectPrefix(project: string, stack: string): string {
  return `${project}-${stack}`;
}

/** Volume for what a server keeps. */
export function stateVolumeName(prefix: string, server: ServerName): string {
  return `${prefix}-${server}-state`;
}

/** Names of all Docker objects of a stack. */
export function objectNames(prefix: string, servers: readonly ServerName[]): string[] {
  return [
    `${prefix}-network`,
    `${prefix}-database`,
    `${prefix}-database-data`,
    `${prefix}-database-files`,
    `${prefix}-tools-files`,
    ...serverNames.map((server) => stateVolumeName(prefix, server)),
    ...servers.flatMap((server) => [`${prefix}-${server}`, `${prefix}-${server}-files`]),
  ];
}
