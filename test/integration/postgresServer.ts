import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { Client, type ClientConfig } from "pg";
import { containerPorts, paths, roles, serviceUids } from "#model/names.ts";
import { postgresConfiguration } from "#model/postgres/configuration.ts";
import { scramVerifier } from "#model/scram.ts";
import { dockerEngine, isNotFound } from "#providers/docker/engine.ts";
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

/** Tag of the image of this state of the repository. */
export function postgresImage(): string {
  return `kilocode-mcp-postgres:${buildContext("postgres").hash}`;
}

/** Our image with rendered files, hardened as a stack runs it, on a free port of the loopback. */
export async function startPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const engine = dockerEngine({});
  const image = postgresImage();
  await buildImage(engine, "postgres", image);
  const place = await makePlace(engine, image);
  try {
    const server = await startIn(place, options);
    if (options.wait !== false) await untilReady(server);
    return server;
  } catch (error) {
    await removePlace(place);
    throw error;
  }
}

/** Docker objects of one server: a network of its own, as a stack has it, and two volumes. */
interface Place {
  readonly engine: Docker;
  readonly image: string;
  readonly id: string;
  readonly labels: Record<string, string>;
  readonly files: string;
  readonly data: string;
}

async function makePlace(engine: Docker, image: string): Promise<Place> {
  const id = `test-postgres-${randomBytes(4).toString("hex")}`;
  const labels = { "io.kilocode.test": id };
  const place = { engine, image, id, labels, files: `${id}-files`, data: `${id}-data` };
  await engine.createNetwork({ Name: id, Labels: labels });
  for (const Name of [place.files, place.data]) await engine.createVolume({ Name, Labels: labels });
  return place;
}

/** Also what a failed start left. */
async function removePlace({ engine, id, files, data }: Place): Promise<void> {
  const unlessGone = (error: unknown) => {
    if (!isNotFound(error)) throw error;
  };
  await engine.getContainer(id).remove({ force: true, v: true }).catch(unlessGone);
  await engine.getNetwork(id).remove().catch(unlessGone);
  for (const volume of [files, data])
    await engine.getVolume(volume).remove({ force: true }).catch(unlessGone);
}

async function startIn(place: Place, options: TestPostgresOptions): Promise<TestPostgres> {
  const { engine, image, labels } = place;
  const memory = options.memory ?? 512 * 1024 ** 2;
  const resources = { memory, cpus: 1, workload: "web", storage: "ssd" } as const;
  const configuration = postgresConfiguration({ ...resources, settings: options.settings ?? {} });
  const { conf, hba } = configuration;
  const password = randomBytes(16).toString("hex");
  const verifier = scramVerifier(password, randomBytes(16).toString("base64"));
  const { certificate: ca, privateKey } = selfSigned();
  const deliver = (text: string) =>
    deliverFiles({
      docker: {},
      volume: place.files,
      image,
      labels,
      uid,
      files: {
        "postgres/postgresql.conf": text,
        "postgres/pg_hba.conf": hba,
        "ssl/server.crt": ca,
        "ssl/ca.crt": ca,
      },
      secrets: { "ssl/server.key": privateKey, "secrets/superuser": verifier },
      check: [],
      reload: null,
    });
  await deliver(conf);
  if (options.prepare !== undefined) await asRoot(engine, image, place.data, options.prepare);
  const container = await engine.createContainer(hardened(place, memory, configuration));
  await container.start();
  const port = await publishedPort(container);
  const query = (sql: string) => queryOnce(connection(port, ca, password), sql);
  return {
    engine,
    container,
    host: "127.0.0.1",
    port,
    ca,
    password,
    verifier,
    volume: place.data,
    query,
    conf,
    reconfigure: async (text) => {
      await deliver(text);
      await query("SELECT pg_reload_conf()");
    },
    logs: () => logsOf(container),
    stop: () => removePlace(place),
  };
}

function hardened(
  place: Place,
  memory: number,
  { shmSize, dataLimit, pids }: { shmSize: number; dataLimit: number; pids: number },
): Docker.ContainerCreateOptions {
  const port = `${String(containerPorts.database)}/tcp`;
  return {
    name: place.id,
    Image: place.image,
    Labels: place.labels,
    User: `${String(uid)}:${String(uid)}`,
    ExposedPorts: { [port]: {} },
    HostConfig: {
      NetworkMode: place.id,
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
        { Type: "volume", Source: place.data, Target: paths.data },
        { Type: "volume", Source: place.files, Target: paths.files, ReadOnly: true },
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
