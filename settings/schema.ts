import { z } from "zod";
import { serverNames } from "#model/names.ts";
import { storages, workloads } from "#model/postgres/tuning.ts";
import {
  cpuCount,
  days,
  flag,
  hostname,
  instant,
  integer,
  ipAddress,
  list,
  memoryLimit,
  network,
  oneOf,
  size,
  text,
} from "./fields.ts";

const MB = 1024 ** 2;
const TB = 1024 ** 4;

/** Role of a client: what its tools may do. */
export const clientRoles = ["admin", "user", "readonly", "service"] as const;

/** What rotates by a number; the authority of certificates has two (see `certificateAuthority`). */
export const rotations = [
  "database",
  "superuser",
  "apiKeys",
  "jwt",
  "encryption",
  "serverCertificate",
] as const;

const hostPort = () => integer(1, 65535);
const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: "an object, set key by key with --path" }).partial();
const rotation = () => integer(1, 1_000_000);

const mount = z
  .strictObject(
    {
      source: text(
        /^((\/(?!\.{1,2}(\/|$))[^/\0\n]{1,255}){1,64}|[A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/,
        "an absolute path on the engine's machine, without . or .. as a part, or the name of a volume there",
      ).meta({ description: "A folder of the engine's machine, or the name of a volume." }),
      target: text(
        /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._+@-]{1,255}){1,32}$/,
        "an absolute path of letters, digits and . _ + @ -, without . or .. as a part",
      ).meta({ description: "Where the container has it." }),
      readOnly: flag().default(true).meta({ description: "Default true." }),
    },
    { error: "an object with source, target and readOnly" },
  )
  .meta({ description: "A folder or volume that you bring in." });

const server = object({
  enabled: flag().meta({ description: "Whether the server runs. Default true." }),
  memory: memoryLimit(64 * MB, TB, "from 64MB").meta({ description: "Memory limit. Default 256MB." }),
  cpus: cpuCount().meta({ description: "CPU limit. Default 1." }),
  port: hostPort().meta({ description: "Port on the engine's host. Default: by network.portBase." }),
  authentication: oneOf(["apiKey", "none"]).meta({
    description: "How callers prove who they are. Default and only choice: apiKey.",
  }),
  mounts: list(mount, "objects with source, target and readOnly").meta({
    description: "Folders and volumes for this server: files, a model for embeddings, rules. Default: none.",
  }),
});

const filesystemServer = server.extend({
  user: integer(1, 65_535)
    .meta({ description: "uid and gid of the server, as your files need it. Default 3000." })
    .optional(),
});

const client = object({
  role: oneOf(clientRoles).meta({ description: "What its tools may do. Default user." }),
  servers: list(oneOf(serverNames), `servers: ${serverNames.join(", ")}`).meta({
    description: "Servers it may use. Default: all enabled ones.",
  }),
  expires: instant().meta({ description: "When its key ends. Default: never." }),
});

/**
 * The configuration of a stack as `Pulumi.<stack>.yaml` holds it, without defaults (`settings/defaults.ts`):
 * the one source of the check, of the types, and of schemas/stack.schema.json for editors.
 */
export const stackConfig = object({
  environment: oneOf(["dev", "prod"]).meta({
    description:
      "How strict: prod refuses what docs/errors.md lists. Default: dev for a stack of that name, else prod.",
  }),
  docker: object({
    host: text(
      /^(unix|tcp|ssh|npipe|http|https):\/\/\S+$/,
      "an address such as unix:///var/run/docker.sock",
    ).meta({ description: "Address of the Docker engine. Default: as the Docker client's." }),
    context: text(/^[a-zA-Z0-9][\w.+-]*$/, "the name of a Docker context").meta({
      description: "Docker context to use. Default: the current one.",
    }),
  }),
  network: object({
    portBase: integer(1024, 65535).meta({
      description:
        "Host ports count from here (servers +0 to +3, database +432). Default: 13000 in dev; in prod the containers' own ports.",
    }),
    publish: ipAddress().meta({
      description: "Address on which the servers are published. Default 127.0.0.1.",
    }),
    hostnames: list(hostname(), "host names").meta({
      description: "Names under which clients reach the servers; they enter the certificates. Default: none.",
    }),
    clients: list(network(), "networks").meta({
      description: "Networks from which clients may come. Default: any.",
    }),
  }),
  postgres: object({
    memory: size(64 * MB, 16 * TB, "from 64MB").meta({
      description: "Memory limit; buffers and connections are sized to it. Default 1GB in dev, 4GB in prod.",
    }),
    cpus: cpuCount().meta({ description: "CPU limit. Default 2." }),
    workload: oneOf(workloads).meta({ description: "What pgtune tunes for. Default web." }),
    storage: oneOf(storages).meta({ description: "What the data volume lies on. Default ssd." }),
    maxConnections: integer(20, 10_000).meta({
      description: "Default: the workload's (web 200), or as many as fit the memory.",
    }),
    port: hostPort().meta({ description: "Port on the engine's loopback. Default: by network.portBase." }),
    reach: oneOf(["published", "tunnel"]).meta({
      description: "How the program reaches the database. Default published.",
    }),
    embeddingDimension: integer(1, 2000).meta({ description: "Numbers in an embedding. Default 1536." }),
    retention: object({
      auditLogs: days(1, 3650).meta({ description: "Default 90 days." }),
      complianceLogs: days(1, 3650).meta({ description: "Default 180 days." }),
      systemMetrics: days(1, 3650).meta({ description: "Default 30 days." }),
    }),
    settings: z
      .record(
        z.string(),
        z
          .preprocess(settingText, z.string({ error: "text, a number, true or false" }))
          .meta({ type: ["string", "number", "boolean"] }),
        {
          error: "an object of settings",
        },
      )
      .meta({ description: "Further settings of postgresql.conf, or other values for the tuned ones." }),
  }),
  servers: object({ filesystem: filesystemServer, postgres: server, memory: server, compliance: server }),
  clients: z
    .record(
      text(
        /^(?!kilocode-)[a-z][a-z0-9-]{0,30}$/,
        "a name of at most 31 lower-case letters, digits and hyphens; kilocode-… are the stack's own",
      ),
      client,
      { error: "an object of clients by name" },
    )
    .meta({ description: "Who may use the servers, by name. Default: one client `default` of role user." }),
  files: z.record(z.string(), z.unknown(), { error: "an object" }).meta({
    description: "Keys of rendered files: files.memory.memory.maxItems is /memory/maxItems of memory.json.",
  }),
  rotation: object({
    ...(Object.fromEntries(
      rotations.map((name) => [name, rotation().meta({ description: "Generation. Default 1." })]),
    ) as Record<(typeof rotations)[number], ReturnType<typeof rotation>>),
    certificateAuthority: object({ trust: rotation(), use: rotation() }),
  }),
  rotationPolicy: z
    .record(z.string(), z.unknown(), { error: "an object" })
    .meta({ description: "Overlaps and ages. Not built yet." }),
  images: object({
    base: imageReference().meta({
      description:
        "Base image of all builds. Default debian:trixie-slim, pulled or made from Debian's packages.",
    }),
    postgres: imageReference().meta({ description: "Image of PostgreSQL, instead of a local build." }),
    mcp: imageReference().meta({ description: "Image of the MCP servers, instead of a local build." }),
    tools: imageReference().meta({ description: "Image of `npm run tools`, instead of a local build." }),
  }),
  secrets: z
    .record(
      text(/^[a-zA-Z][\w-]*$/, "a name of letters and digits"),
      z.preprocess(settingText, z.string({ error: "text" }).min(1, { error: "text that is not empty" })),
      { error: "an object of secrets by name" },
    )
    .meta({ description: "What you supply as secret: pulumi config set --path --secret secrets.NAME" }),
  protect: flag().meta({ description: "Whether data survives `down`. Default: true in prod." }),
  acceptNoBackups: flag().meta({
    description: "prod: you know that no backups are taken yet. Default false.",
  }),
  acceptDataLoss: z
    .string({ error: "the name of the stack" })
    .meta({ description: "prod: the stack's name, to allow protect: false." }),
});

/** The checked configuration: sizes in bytes, retention in days, absent what was not set. */
export type StackConfig = z.infer<typeof stackConfig>;

function imageReference() {
  return text(
    /^[a-z0-9][\w./:-]*(@sha256:[0-9a-f]{64})?$/,
    "an image such as registry.example/postgres:17@sha256:… (digest of 64 hexadecimal digits)",
  );
}

/** PostgreSQL's own words for what YAML reads as a number or a boolean. */
function settingText(value: unknown): unknown {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" ? String(value) : value;
}
