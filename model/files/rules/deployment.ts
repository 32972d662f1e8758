import type { ServerName } from "#model/names.ts";

/** What rules need to know of a stack beyond the facts that files are rendered from. */
export interface Deployment {
  /** Ports on the host, of the services that run. */
  readonly published: Readonly<Partial<Record<ServerName | "database", number>>>;
  /** Address of the engine's machine on which those ports are; undefined where it is not known. */
  readonly publishedOn?: string;
  /** Connections that PostgreSQL takes. */
  readonly maxConnections: number;
  /** Memory limits of the containers that run in bytes; 0: none. */
  readonly memory: Readonly<Partial<Record<ServerName | "database", number>>>;
  /** Bytes that the engine's machine has; undefined where nobody asked it. */
  readonly engineMemory?: number;
  /** Client to role. */
  readonly roles: Readonly<Record<string, string>>;
}

/** What of the settings of a stack a deployment is made from. */
export interface DeploymentSource {
  readonly network: { readonly publish: string };
  readonly ports: { readonly published: Readonly<Record<ServerName | "database", number>> };
  readonly postgres: { readonly maxConnections: number; readonly memory: number };
  readonly servers: Readonly<Record<ServerName, { readonly enabled: boolean; readonly memory: number }>>;
  readonly clients: Readonly<Record<string, { readonly role: string }>>;
}

export function deploymentOf({ network, ports, postgres, servers, clients }: DeploymentSource): Deployment {
  const runs = (name: string) => name === "database" || servers[name as ServerName].enabled;
  const running = <T>(of: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => runs(name)));
  const limits = Object.fromEntries(Object.entries(servers).map(([name, { memory }]) => [name, memory]));
  return {
    published: running(ports.published),
    publishedOn: network.publish,
    maxConnections: postgres.maxConnections,
    memory: running({ ...limits, database: postgres.memory }),
    roles: Object.fromEntries(Object.entries(clients).map(([name, { role }]) => [name, role])),
  };
}
