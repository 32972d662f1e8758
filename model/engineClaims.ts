import type { Mount } from "./mounts.ts";
import { objectNames, objectPrefix, serverNames, type ServerName } from "./names.ts";

/** What a stack takes of an engine and of its machine, for the preflight to look at. */
export interface EngineClaims {
  /** Names of the objects that the stack makes. */
  readonly names: readonly string[];
  /** Host ports that it publishes: number to what it is for. */
  readonly ports: readonly { readonly port: number; readonly address: string; readonly use: string }[];
  /** Folders and volumes of users, by the setting that names each. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** What of the settings of a stack the claims are made from. */
export interface ClaimSource {
  readonly project: string;
  readonly stack: string;
  readonly network: { readonly publish: string };
  readonly ports: { readonly published: Readonly<Record<ServerName | "database", number>> };
  readonly servers: Readonly<
    Record<ServerName, { readonly enabled: boolean; readonly mounts: readonly Mount[] }>
  >;
}

export function engineClaims({ project, stack, network, ports, servers }: ClaimSource): EngineClaims {
  const enabled = serverNames.filter((server) => servers[server].enabled);
  const mounts = enabled.flatMap((server) =>
    servers[server].mounts.map(({ source }, index) => [
      `servers.${server}.mounts[${String(index)}].source`,
      source,
    ]),
  );
  return {
    names: objectNames(objectPrefix(project, stack), enabled),
    ports: [
      { use: "the database", address: "127.0.0.1", port: ports.published.database },
      ...enabled.map((server) => ({
        use: `the ${server} server`,
        address: network.publish,
        port: ports.published[server],
      })),
    ],
    mounts: Object.fromEntries(mounts) as Record<string, string>,
  };
}
