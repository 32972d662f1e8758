import { containerPorts, portOffsets, serverNames, serviceUids, type ServerName } from "#model/names.ts";
import { poolSize } from "#model/postgres/connections.ts";
import { tune } from "#model/postgres/tuning.ts";
import { rotations, type StackConfig } from "./schema.ts";
import type { ClientSettings, PostgresSettings, ServerSettings, Settings } from "./settings.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;

/** Adds every default. All of them are here, because Pulumi merges none into objects. */
export function complete(config: StackConfig, project: string, stack: string): Settings {
  const environment = config.environment ?? (stack === "dev" ? "dev" : "prod");
  const servers = mapServers((name) => server(config, name));
  const enabled = serverNames.filter((name) => servers[name].enabled);
  return {
    project,
    stack,
    environment,
    docker: given(config.docker),
    network: {
      publish: config.network?.publish ?? "127.0.0.1",
      hostnames: config.network?.hostnames ?? [],
      clients: config.network?.clients ?? [],
    },
    ports: { published: publishedPorts(config, environment) },
    postgres: postgres(config, environment, enabled.length),
    servers,
    clients: clients(config, enabled),
    rotation: rotation(config),
    files: config.files ?? {},
    images: given(config.images),
    secrets: Object.keys(config.secrets ?? {}).sort(),
    protect: config.protect ?? environment === "prod",
    acceptNoBackups: config.acceptNoBackups ?? false,
  };
}

function server(config: StackConfig, name: ServerName): ServerSettings {
  const own = config.servers?.[name];
  const user = name === "filesystem" ? config.servers?.filesystem?.user : undefined;
  return {
    enabled: own?.enabled ?? true,
    memory: own?.memory ?? 256 * MB,
    cpus: own?.cpus ?? 1,
    mounts: own?.mounts ?? [],
    uid: user ?? serviceUids[name],
  };
}

function postgres(
  config: StackConfig,
  environment: Settings["environment"],
  servers: number,
): PostgresSettings {
  const own = config.postgres ?? {};
  const resources = {
    memory: own.memory ?? (environment === "prod" ? 4 * GB : GB),
    cpus: own.cpus ?? 2,
    workload: own.workload ?? "web",
    storage: own.storage ?? "ssd",
  } as const;
  const { maxConnections } = tune({ ...resources, maxConnections: own.maxConnections });
  return {
    ...resources,
    maxConnections,
    poolSize: poolSize(maxConnections, servers),
    settings: own.settings ?? {},
    reach: own.reach ?? "published",
    embeddingDimension: own.embeddingDimension ?? 1536,
    retention: {
      auditLogs: own.retention?.auditLogs ?? 90,
      complianceLogs: own.retention?.complianceLogs ?? 180,
      systemMetrics: own.retention?.systemMetrics ?? 30,
    },
  };
}

function publishedPorts(
  config: StackConfig,
  environment: Settings["environment"],
): Settings["ports"]["published"] {
  const base = config.network?.portBase ?? (environment === "dev" ? 13_000 : undefined);
  const port = (name: ServerName | "database") =>
    base === undefined ? containerPorts[name] : base + portOffsets[name];
  return {
    ...mapServers((name) => config.servers?.[name]?.port ?? port(name)),
    database: config.postgres?.port ?? port("database"),
  };
}

function clients(config: StackConfig, enabled: readonly ServerName[]): Record<string, ClientSettings> {
  const named = config.clients ?? { default: {} };
  return Object.fromEntries(
    Object.entries(named).map(([name, own]) => [
      name,
      {
        role: own.role ?? "user",
        servers: own.servers ?? enabled,
        ...(own.expires === undefined ? {} : { expires: own.expires }),
      },
    ]),
  );
}

function rotation(config: StackConfig): Settings["rotation"] {
  const own = config.rotation ?? {};
  const numbers = Object.fromEntries(rotations.map((name) => [name, own[name] ?? 1]));
  const authority = own.certificateAuthority;
  return {
    ...(numbers as Record<(typeof rotations)[number], number>),
    certificateAuthority: { trust: authority?.trust ?? 1, use: authority?.use ?? 1 },
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that were not set. */
function given<T extends object>(value: T | undefined): Given<T> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, item]) => item !== undefined)) as Given<T>;
}

function mapServers<T>(value: (name: ServerName) => T): Record<ServerName, T> {
  return Object.fromEntries(serverNames.map((name) => [name, value(name)])) as Record<ServerName, T>;
}
