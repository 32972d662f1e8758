import type { FaultDetails } from "#model/fault.ts";
import { mountProblem } from "#model/mounts.ts";
import { objectPrefix, serverNames, serviceUids } from "#model/names.ts";
import { overrideProblems } from "#model/postgres/overrides.ts";
import { memoryValue, memoryFor, pgtune, size } from "#model/postgres/tuning.ts";
import type { StackConfig } from "./schema.ts";
import type { Settings } from "./settings.ts";

/** Settings that are well-formed each, and cannot hold together; in every environment. */
export function ruleFaults(settings: Settings, config: StackConfig): FaultDetails[] {
  return [
    ...portFaults(settings),
    ...clientFaults(settings),
    ...engineFaults(settings),
    ...overrideFaults(settings),
    ...memoryFaults(settings),
    ...authenticationFaults(settings, config),
    ...mountFaults(settings),
    ...userFaults(settings),
  ];
}

/** Services that are published, with the key that sets their port. */
function portFaults({ ports, servers }: Settings): FaultDetails[] {
  const published = [
    ...serverNames
      .filter((name) => servers[name].enabled)
      .map((name) => ({
        name: `the ${name} server`,
        key: `servers.${name}.port`,
        port: ports.published[name],
      })),
    { name: "the database", key: "postgres.port", port: ports.published.database },
  ];
  return published.flatMap<FaultDetails>(({ name, key, port }, index) => {
    if (port > 65_535) {
      return [
        {
          code: "SETTINGS_INVALID" as const,
          where: "network.portBase",
          problem: `gives ${name} port ${String(port)}; the highest is 65535.`,
          mend: "pulumi config set --path network.portBase 13000",
        },
      ];
    }
    const other = published.slice(0, index).find((earlier) => earlier.port === port);
    if (!other) return [];
    return [
      {
        code: "SETTINGS_CONFLICT" as const,
        where: key,
        problem: `${name} and ${other.name} are both published on port ${String(port)}.`,
        mend: `pulumi config set --path ${key} ${String(port + 1)}`,
      },
    ];
  });
}

function clientFaults({ clients, servers }: Settings): FaultDetails[] {
  return Object.entries(clients).flatMap(([client, own]) =>
    own.servers
      .filter((name) => !servers[name].enabled)
      .map((name) => ({
        code: "SETTINGS_CONFLICT" as const,
        where: `clients.${client}.servers`,
        problem: `names ${name}, a server that is not enabled.`,
        mend: `Remove it from the list, or pulumi config set --path servers.${name}.enabled true`,
      })),
  );
}

function engineFaults({ docker }: Settings): FaultDetails[] {
  if (docker.host === undefined || docker.context === undefined) return [];
  return [
    {
      code: "SETTINGS_CONFLICT",
      where: "docker",
      problem: "docker.host and docker.context both choose an engine; one is allowed.",
      mend: "pulumi config rm --path docker.host",
    },
  ];
}

function overrideFaults({ postgres, environment }: Settings): FaultDetails[] {
  return overrideProblems(postgres.settings)
    .filter(({ name }) => !(environment === "prod" && name.toLowerCase() === "ssl"))
    .map(({ name, problem, mend }) => ({
      code: "SETTINGS_INVALID" as const,
      where: `postgres.settings.${name}`,
      problem,
      mend,
    }));
}

/** What overrides and connections may come to, against the limit of the container. */
function memoryFaults({ postgres }: Settings): FaultDetails[] {
  if (overrideProblems(postgres.settings).length > 0) return [];
  const values = { ...pgtune(postgres), ...lowerCase(postgres.settings) };
  const buffers = pages(values["shared_buffers"]) + Math.max(0, pages(values["wal_buffers"]));
  const needed = buffers + postgres.maxConnections * kilobytes(values["work_mem"]);
  const faults: FaultDetails[] = [];
  if (needed > postgres.memory) {
    faults.push({
      code: "SETTINGS_MEMORY",
      where: "postgres.settings",
      problem: `shared_buffers and ${String(postgres.maxConnections)} connections with work_mem come to ${size(needed)}; postgres.memory is ${size(postgres.memory)}.`,
      mend: "Lower postgres.settings.shared_buffers or work_mem, or raise postgres.memory.",
    });
  }
  if (postgres.poolSize < 2) {
    const enough = memoryFor(postgres.maxConnections * 2, postgres);
    faults.push({
      code: "SETTINGS_MEMORY",
      where: "postgres.memory",
      problem: `${String(postgres.maxConnections)} connections leave fewer than 2 for each login of the enabled servers.`,
      mend: `pulumi config set --path postgres.memory ${size(enough)}`,
    });
  }
  return faults;
}

function authenticationFaults(settings: Settings, config: StackConfig): FaultDetails[] {
  if (settings.environment === "prod") return [];
  return serverNames
    .filter((name) => config.servers?.[name]?.authentication === "none")
    .map((name) => ({
      code: "SETTINGS_INVALID" as const,
      where: `servers.${name}.authentication`,
      problem: "no server runs without authentication; allowed is apiKey.",
      mend: `pulumi config rm --path servers.${name}.authentication`,
    }));
}

function mountFaults({ servers, project, stack }: Settings): FaultDetails[] {
  return serverNames.flatMap((name) =>
    servers[name].mounts.flatMap((mount, index, mounts) => {
      const problem = mountProblem(mount, mounts.slice(0, index), objectPrefix(project, stack));
      const where = `servers.${name}.mounts[${String(index)}]`;
      const mend = `pulumi config set --path '${where}.${problem?.startsWith("brings") === true ? "source" : "target"}' VALUE`;
      return problem === undefined ? [] : [{ code: "SETTINGS_INVALID" as const, where, problem, mend }];
    }),
  );
}

/** A uid of another service could open what that service alone may open. */
function userFaults({ servers }: Settings): FaultDetails[] {
  const { uid } = servers.filesystem;
  const other = Object.entries(serviceUids).find(([name, taken]) => name !== "filesystem" && taken === uid);
  if (!other) return [];
  return [
    {
      code: "SETTINGS_CONFLICT",
      where: "servers.filesystem.user",
      problem: `${String(uid)} is the user of the ${other[0]} service.`,
      mend: "pulumi config set --path servers.filesystem.user UID, with the uid that owns your files",
    },
  ];
}

function lowerCase(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A bare number of shared_buffers or wal_buffers counts pages of 8 kB. */
function pages(text = "0"): number {
  return /^-?\d+$/.test(text.trim()) ? Number(text) * 8192 : memoryValue(text);
}

function kilobytes(text = "0"): number {
  return memoryValue(text);
}
