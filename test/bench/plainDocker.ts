import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerInspectInfo } from "dockerode";
import { Agent, fetch } from "undici";
import { dockerEngine } from "#providers/docker/engine.ts";
import { postgresIn } from "../e2e/postgresIn.ts";
import { run, type TestStack } from "../e2e/stack.ts";

const services = ["database", "postgres"] as const;
type Service = (typeof services)[number];

/** What a stack consists of, as a careful person with `docker` and `psql` would write it down. */
export interface Recording {
  readonly containers: Record<Service, ContainerInspectInfo>;
  /** Archives of the files volumes. */
  readonly files: Record<Service, string>;
  /** Roles, database, schema and rows as SQL. */
  readonly sql: string;
}

/** Records a running stack, so that the same can be started without Pulumi. */
export async function record(stack: TestStack): Promise<Recording> {
  const engine = dockerEngine({});
  const inspect = (service: Service) => engine.getContainer(`${stack.prefix}-${service}`).inspect();
  const archive = async (service: Service) => {
    const path = join(stack.folder, `${service}.tar`);
    await docker("sh", ["-c", `docker cp ${stack.prefix}-${service}:/etc/kilocode/. - > ${path}`]);
    return path;
  };
  return {
    containers: { database: await inspect("database"), postgres: await inspect("postgres") },
    files: { database: await archive("database"), postgres: await archive("postgres") },
    sql: `${await rolesOf(stack)}\n${await dumpOf(stack)}`,
  };
}

/** Starts the recorded containers and SQL with plain `docker run` and `psql`; returns when the server answers. */
export async function startPlainly(stack: TestStack, recording: Recording): Promise<void> {
  const { prefix } = stack;
  await docker("docker", ["network", "create", `${prefix}-network`]);
  await docker("docker", ["volume", "create", `${prefix}-database-data`]);
  for (const service of services) await fillVolume(`${prefix}-${service}-files`, recording, service);
  await start(prefix, recording, "database");
  const psql = `docker exec -i ${prefix}-database psql -q -v ON_ERROR_STOP=1 -h /run/postgresql -U postgres`;
  const sql = join(stack.folder, "plain.sql");
  writeFileSync(sql, recording.sql);
  await docker("sh", [
    "-c",
    `until ${psql} -c 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done; ${psql} -f - < ${sql} >/dev/null`,
  ]);
  await start(prefix, recording, "postgres");
  await healthy(stack);
}

export async function removePlainly(stack: TestStack): Promise<void> {
  const { prefix } = stack;
  const containers = services.flatMap((service) => [
    `${prefix}-${service}`,
    `${prefix}-${service}-files-helper`,
  ]);
  await run("docker", ["rm", "-f", ...containers]);
  await run("docker", ["network", "rm", `${prefix}-network`]);
  await run("docker", [
    "volume",
    "rm",
    `${prefix}-database-data`,
    ...services.map((service) => `${prefix}-${service}-files`),
  ]);
}

async function fillVolume(volume: string, recording: Recording, service: Service): Promise<void> {
  const image = recording.containers[service].Config.Image;
  await docker("docker", [
    "create",
    "--name",
    `${volume}-helper`,
    "-v",
    `${volume}:/volume`,
    "--entrypoint",
    "sh",
    image,
  ]);
  await docker("sh", ["-c", `docker cp - ${volume}-helper:/volume < ${recording.files[service]}`]);
  await docker("docker", ["rm", `${volume}-helper`]);
}

async function start(prefix: string, { containers }: Recording, service: Service): Promise<void> {
  const { Config: config, HostConfig: host } = containers[service];
  const published = Object.entries(
    host.PortBindings as Record<string, { HostIp: string; HostPort: string }[]>,
  );
  await docker("docker", [
    "run",
    "-d",
    "--name",
    `${prefix}-${service}`,
    "--network",
    `${prefix}-network`,
    "--network-alias",
    service,

    "--user",
    config.User,
    "--read-only",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges:true",

    "--memory",
    String(host.Memory),
    "--memory-swap",
    String(host.MemorySwap),
    "--pids-limit",
    String(host.PidsLimit),

    "--cpus",
    String(host.NanoCpus! / 1e9),
    "--shm-size",
    String(host.ShmSize),
    "--restart",
    "unless-stopped",
    ...published.flatMap(([inside, [to]]) => ["-p", `${to!.HostIp}:${to!.HostPort}:${inside}`]),
    ...Object.entries(host.Tmpfs as Record<string, string>).flatMap(([path, options]) => [
      "--tmpfs",
      `${path}:${options}`,
    ]),
    ...host.Mounts!.flatMap((mount) => [
      "-v",
      `${mount.Source}:${mount.Target}${mount.ReadOnly ? ":ro" : ""}`,
    ]),
    config.Image,
    ...(config.Cmd ?? []),
  ]);
}

async function healthy(stack: TestStack): Promise<void> {
  const ca = readFileSync(join(stack.folder, "ca.crt"), "utf8");
  const agent = new Agent({ connect: { ca } });
  const url = `https://127.0.0.1:${stack.portBase + 1}/health`;
  const answers = () =>
    fetch(url, { dispatcher: agent }).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 50));
  await agent.destroy();
}

async function rolesOf(stack: TestStack): Promise<string> {
  const roles = `SELECT format('CREATE ROLE %I %s %s;', rolname, CASE WHEN rolcanlogin THEN 'LOGIN' ELSE '' END,
    CASE WHEN rolpassword IS NULL THEN '' ELSE format('PASSWORD %L', rolpassword) END)
    FROM pg_authid WHERE rolname !~ '^pg_' AND rolname <> 'postgres'`;
  const members = `SELECT format('GRANT %I TO %I;', roleid::regrole, member::regrole) FROM pg_auth_members
    WHERE member::regrole::text !~ '^pg_' AND roleid::regrole::text !~ '^pg_'`;
  return `${await postgresIn(stack, roles)}\n${await postgresIn(stack, members)}`;
}

async function dumpOf(stack: TestStack): Promise<string> {
  const dump = [
    "exec",
    `${stack.prefix}-database`,
    "pg_dump",
    "-C",
    "-h",
    "/run/postgresql",
    "-U",
    "postgres",
    "mcp_db",
  ];
  return (await docker("docker", dump)).stdout;
}

async function docker(command: string, args: string[]) {
  const finished = await run(command, args);
  if (finished.code !== 0) throw new Error(`${command} ${args.join(" ")}\n${finished.output}`);
  return finished;
}
