import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { Client, type ClientConfig } from "pg";
import { containerPorts, paths, roles, serviceUids } from "#model/names.ts";
import { postgresConfiguration } from "#model/postgres/configuration.ts";
import { scramVerifier } from "#model/scram.ts";
import { dockerEngine } from "#providers/docker/engine.ts";
import { deliverFiles } from "#providers/files/runner.ts";
import { buildImage } from "#providers/image/build.ts";
import { buildContext } from "#providers/image/context.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";

const uid = serviceUids.database;

export interface TestPostgres {
  readonly engine: Docker;
  readonly container: Docker.Container;
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that clients trust. */
  readonly ca: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly verifier: string;
  /** Name of the data volume. */
  readonly volume: string;
  /** As superuser; one connection per call. */
  readonly query: (sql: string) => Promise<Record<string, unknown>[]>;
  /** Delivers another postgresql.conf and makes the server read it. */
  readonly reconfigure: (conf: string) => Promise<void>;
  readonly conf: string;
  readonly logs: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface TestPostgresOptions {
  /** Bytes; default 512 MiB. */
  readonly memory?: number;
  readonly settings?: Record<string, string>;
  /** Shell commands that root runs in the empty data volume before the first start. */
  readonly prepare?: string;
  /** False: return at once, whether or not the server will ever answer. */
  readonly wait?: boolean;
}

/** Our image with rendered files, hardened as a stack runs it, on a free port of the loopback. */
export async function startPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const engine = dockerEngine({});
  const image = `kilocode-mcp-postgres:${buildContext("postgres").hash}`;
  await buildImage(engine, "postgres", image);
  const id = randomBytes(4).toString("hex");
  const volumes = { files: `test-postgres-${id}-files`, data: `test-postgres-${id}-data` };
  const labels = { "io.kilocode.test": id };
  for (const Name of Object.values(volumes)) await engine.createVolume({ Name, Labels: labels });
  const memory = options.memory ?? 512 * 1024 ** 2;
  const resources = {
    memory,
    cpus: 1,
    workload: "web",
    storage: "ssd",
    settings: options.settings ?? {},
  } as const;
  const configuration = postgresConfiguration(resources);
  const password = randomBytes(16).toString("hex");
  const verifier = scramVerifier(password, randomBytes(16).toString("base64"));
  const { certificate, privateKey } = selfSigned();
  const deliver = (conf: string) =>
    deliverFiles({
      docker: {},
      volume: volumes.files,
      image,
      labels,
      uid,
      files: {
        "postgres/postgresql.conf": conf,
        "postgres/pg_hba.conf": configuration.hba,
        "ssl/server.crt": certificate,
        "ssl/ca.crt": certificate,
      },
      secrets: { "ssl/server.key": privateKey, "secrets/superuser": verifier },
      check: [],
      reload: null,
    });
  await deliver(configuration.conf);
  if (options.prepare !== undefined) await asRoot(engine, image, volumes.data, options.prepare);
  const container = await engine.createContainer(hardened(image, volumes, labels, memory, configuration));
  await container.start();
  const port = await publishedPort(container);
  const query = (sql: string) => queryOnce(connection(port, certificate, password), sql);
  const server: TestPostgres = {
    engine,
    container,
    host: "127.0.0.1",
    port,
    ca: certificate,
    password,
    verifier,
    volume: volumes.data,
    query,
    conf: configuration.conf,
    reconfigure: async (conf) => {
      await deliver(conf);
      await query("SELECT pg_reload_conf()");
    },
    logs: () => logsOf(container),
    stop: async () => {
      await container.remove({ force: true, v: true });
      for (const name of Object.values(volumes)) await engine.getVolume(name).remove({ force: true });
    },
  };
  if (options.wait !== false) await untilReady(server);
  return server;
}

function hardened(
  image: string,
  volumes: { files: string; data: string },
  labels: Record<string, string>,
  memory: number,
  { shmSize, dataLimit, pids }: { shmSize: number; dataLimit: number; pids: number },
): Docker.ContainerCreateOptions {
  const port = `${String(containerPorts.database)}/tcp`;
  return {
    Image: image,
    Labels: labels,
    User: `${String(uid)}:${String(uid)}`,
    ExposedPorts: { [port]: {} },
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: memory,
      MemorySwap: memory,
      PidsLimit: pids,
      ShmSize: shmSize,
      Ulimits: [{ Name: "data", Soft: dataLimit, Hard: dataLimit }],
      Tmpfs: { "/tmp": "", [paths.socket]: `uid=${String(uid)},gid=${String(uid)},mode=0700` },
      PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
      Mounts: [
        { Type: "volume", Source: volumes.data, Target: paths.data },
        { Type: "volume", Source: volumes.files, Target: paths.files, ReadOnly: true },
      ],
    },
  };
}

/** Connection settings of a login over TLS that is verified. */
export function connection(
  port: number,
  ca: string,
  password: string,
  user: string = roles.superuser,
): ClientConfig {
  const ssl = { ca, servername: "localhost" };
  return {
    host: "127.0.0.1",
    port,
    user,
    password,
    database: "postgres",
    ssl,
    connectionTimeoutMillis: 5000,
  };
}

export async function queryOnce(config: ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(config);
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(sql);
    return result.rows;
  } finally {
    await client.end();
  }
}

async function publishedPort(container: Docker.Container): Promise<number> {
  const { NetworkSettings: settings } = await container.inspect();
  return Number(settings.Ports[`${String(containerPorts.database)}/tcp`]?.[0]?.HostPort ?? 0);
}

async function untilReady({ query, logs }: TestPostgres): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await query("SELECT 1");
      return;
    } catch (error) {
      if (attempt >= 300) throw new Error(`PostgreSQL did not answer:\n${await logs()}`, { cause: error });
      await delay(100);
    }
  }
}

/** Without a terminal the engine puts a frame before each piece: one byte, three zeros, a length of four. */
async function logsOf(container: Docker.Container): Promise<string> {
  const framed = await container.logs({ stdout: true, stderr: true });
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < framed.length;) {
    const length = framed.readUInt32BE(offset + 4);
    pieces.push(framed.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(pieces).toString("utf8");
}

async function asRoot(engine: Docker, image: string, volume: string, script: string): Promise<void> {
  const container = await engine.createContainer({
    Image: image,
    Entrypoint: ["/bin/sh", "-ec", script],
    User: "0:0",
    WorkingDir: paths.data,
    HostConfig: { NetworkMode: "none", Mounts: [{ Type: "volume", Source: volume, Target: paths.data }] },
  });
  try {
    await container.start();
    const { StatusCode: status } = (await container.wait()) as { StatusCode: number };
    if (status !== 0) throw new Error(await logsOf(container));
  } finally {
    await container.remove({ force: true });
  }
}
