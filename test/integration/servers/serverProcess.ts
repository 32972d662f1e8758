import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { filesFor } from "#model/files/catalog.ts";
import type { FileFacts } from "#model/files/facts.ts";
import type { Overrides } from "#model/files/overrides.ts";
import { renderFiles } from "#model/files/render.ts";
import type { ServerName } from "#model/names.ts";
import { testFacts } from "#test/fileFacts.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import type { ReadyStage } from "./stage.ts";

const main = fileURLToPath(new URL("../../../servers/main.ts", import.meta.url));

export type LogLine = Record<string, unknown> & { readonly msg: string };

/** A server as a process of its own, with its files laid out as on a volume. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Of `metrics.json`. */
  readonly metricsPort: number;
  readonly log: readonly LogLine[];
  readonly name: ServerName;
  /** What is mounted at /etc/kilocode in a container. */
  readonly files: string;
  /** What is mounted at /var/lib/kilocode in a container. */
  readonly state: string;
  /** Everything it printed. */
  output(): string;
  /** PEM that clients must trust now. */
  ca(): string;
  /** Delivers another version of the files at once; `spoil` sees them by path before. */
  deliver(options?: DeliverOptions): Promise<void>;
  /** Resolves with the first line, from now on or `since` a count of lines, that has this message. */
  line(message: string, since?: number): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<number | null>;
  end(): Promise<void>;
}

/** Keys laid over rendered files, by file name without `.json`. */
export type Overlay = Readonly<Record<string, object>>;

export interface DeliverOptions {
  /** Over what the model made of them: also keys that a stack cannot set. */
  readonly overrides?: Overlay;
  /** A new certificate for the server; default the one in force. */
  readonly certificate?: { certificate: string; privateKey: string };
  readonly spoil?: (files: Record<string, string>) => void;
}

export interface StartOptions extends DeliverOptions {
  /** Default postgres. */
  readonly server?: ServerName;
  /** Another program that takes the same arguments; default `servers/main.ts`. */
  readonly program?: string;
  /** Settings below `files` of a stack, as the model takes them. */
  readonly settings?: Overrides;
  /** Facts that differ from those of `testFacts`. */
  readonly facts?: Partial<FileFacts>;
  /** Further files of its secrets folder by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Variables of its environment; default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** What another process of the server kept; default an empty folder. */
  readonly state?: string;
  /** Where PostgreSQL is reached; default directly. */
  readonly databasePort?: number;
  /** Expect the process to end by itself. */
  readonly expectExit?: boolean;
}

export async function startServer(stage: ReadyStage, options: StartOptions = {}): Promise<ServerProcess> {
  const serverName = options.server ?? "postgres";
  const folder = await mkdtemp(join(tmpdir(), "mcp-server-"));
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "mcp-state-")));
  const [port, metricsPort] = [await freePort(), await freePort()];
  let pair = options.certificate ?? selfSigned();
  let version = 0;

  const deliver = async ({ overrides, certificate, spoil }: DeliverOptions = {}): Promise<void> => {
    pair = certificate ?? pair;
    const files = allFiles(stage, { name: serverName, port, metricsPort, pair, overrides, options });
    spoil?.(files);
    const folderName = `..v${(version += 1)}`;
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, folderName, path)), { recursive: true });
      await writeFile(join(folder, folderName, path), text);
    }
    await symlink(folderName, join(folder, "..data-new"));
    await rename(join(folder, "..data-new"), join(folder, "..data"));
  };
  await deliver(options);

  const log: LogLine[] = [];
  const printed: string[] = [];
  const child = spawn(process.execPath, [options.program ?? main, serverName, folder, state], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...options.env },
  });
  const exited = once(child, "close").then(([code]) => code as number | null);
  child.stderr.on("data", (chunk: Buffer) => void printed.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    printed.push(line);
    log.push(JSON.parse(line) as LogLine);
  });
  const server: ServerProcess = {
    name: serverName,
    files: folder,
    state,
    metricsPort,
    url: `https://localhost:${port}/mcp`,
    port,
    pid: child.pid!,
    log,
    output: () => printed.join("\n"),
    ca: () => pair.certificate,
    deliver,
    async line(message, since = log.length) {
      for (let at = since; ; at += 1) {
        while (at >= log.length) await once(lines, "line");
        const found = log[at]!;
        if (found.msg === message) return found;
      }
    },
    signal: (name) => void child.kill(name),
    exited,
    async end() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true });
      if (options.state === undefined) await rm(state, { recursive: true });
    },
  };
  if (options.expectExit !== true) {
    const ended = exited.then(() => Promise.reject(new Error(`the server ended:\n${server.output()}`)));
    await Promise.race([server.line("listening", 0), ended]);
    ended.catch(() => {});
  }
  return server;
}

function allFiles(
  stage: ReadyStage,
  {
    name,
    port,
    metricsPort,
    pair,
    overrides,
    options,
  }: {
    name: ServerName;
    port: number;
    metricsPort: number;
    pair: { certificate: string; privateKey: string };
    overrides: Overlay | undefined;
    options: StartOptions;
  },
): Record<string, string> {
  const { port: directPort, ca } = stage.superuser();
  const facts = testFacts();
  const rendered = renderFiles(
    {
      ...facts,
      embeddingDimension: 8,
      ports: { ...facts.ports, [name]: port },
      database: {
        ...facts.database,
        host: "localhost",
        port: options.databasePort ?? directPort,
        poolSize: 4,
      },
      ...options.facts,
    },
    [
      // Tests call more often than a person; those about limits set their own.
      { [name]: { security: { rateLimit: { enabled: false } } } },
      { access: { access: { rateLimit: { enabled: false } } } },
      { postgres: { security: { allowedOrigins: ["https://app.example"] } } },
      { metrics: { metrics: { port: metricsPort } } },
      // The stage's column has 8 numbers, which no known model gives.
      { memory: { memory: { embeddingModel: "lexical" } } },
      options.settings ?? {},
    ].reduce<object>(merge, {}) as Overrides,
  );
  return {
    ...laidOver(name, rendered, overrides ?? {}),
    "ssl/ca.crt": ca,
    "ssl/mcp.crt": pair.certificate,
    "ssl/mcp.key": pair.privateKey,
    "secrets/database-password": stage.passwords[`${name}_1`],
    "secrets/jwt-keys": testRing(64),
    ...serverSecrets(name, stage),
    ...Object.fromEntries(
      Object.entries(options.secrets ?? {}).map(([key, text]) => [`secrets/${key}`, text]),
    ),
  };
}

/** The same key each time, so that a delivery changes nothing by itself. */
export function testRing(bytes: number): string {
  return JSON.stringify({ active: "1", keys: { 1: Buffer.alloc(bytes, 7).toString("base64") } });
}

function serverSecrets(name: ServerName, { passwords }: ReadyStage): Record<string, string> {
  const secrets: Record<ServerName, Record<string, string>> = {
    filesystem: {},
    postgres: {
      "secrets/database-reader-password": passwords.postgres_reader_1,
      "secrets/database-writer-password": passwords.postgres_writer_1,
    },
    memory: { "secrets/encryption-keys": testRing(32) },
    compliance: { "secrets/database-fixer-password": passwords.compliance_fixer_1 },
  };
  return secrets[name];
}

function laidOver(
  server: ServerName,
  rendered: Record<string, string>,
  overrides: Overlay,
): Record<string, string> {
  const texts = filesFor(server).map((name) => {
    const value = JSON.parse(rendered[name]!) as object;
    return [`mcp/${name}`, JSON.stringify(merge(value, overrides[name.replace(/\.json$/, "")] ?? {}))];
  });
  return Object.fromEntries(texts) as Record<string, string>;
}

function merge(base: object, over: object): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over) as [string, unknown][]) {
    const known = merged[key];
    merged[key] = isObject(known) && isObject(value) ? merge(known, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
