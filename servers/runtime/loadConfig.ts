import type { SecureContextOptions } from "node:tls";
import type { z } from "zod";
import { paths } from "#model/names.ts";
import { accessFile } from "#model/files/schema/access.ts";
import { loggingFile } from "#model/files/schema/logging.ts";
import { metricsFile } from "#model/files/schema/metrics.ts";
import { sslFile } from "#model/files/schema/ssl.ts";
import type { AccessConfig, CommonConfig, LoggingConfig, MetricsConfig, SslConfig } from "./commonConfig.ts";
import { databaseAddress } from "./databaseAddress.ts";
import type { Login } from "./databasePool.ts";
import { FileRefused } from "./fileRefused.ts";
import { openFilesVersion } from "./filesVersion.ts";
import type { FilesVersion } from "./filesVersion.ts";
import { readKeyRing } from "./keyRing.ts";
import type { KeyRing } from "./keyRing.ts";
import { readSinks } from "./logging/sinkOptions.ts";
import type { SinkOptions } from "./logging/sinkOptions.ts";
import { tlsSettings } from "./tlsSettings.ts";

/** Everything one version of the files says, with its secrets resolved. */
export interface Loaded<C extends CommonConfig = CommonConfig> {
  readonly files: FilesVersion;
  readonly config: C;
  readonly access: AccessConfig;
  readonly logging: LoggingConfig;
  /** Further destinations of log lines. */
  readonly sinks: readonly SinkOptions[];
  readonly metrics: MetricsConfig;
  readonly ssl: SslConfig;
  readonly tls: SecureContextOptions;
  /** The server's own login. */
  readonly login: Login;
  /** What signs tokens; undefined where `authentication.method` is that keys alone are taken. */
  readonly tokenKeys: KeyRing | undefined;
}

/**
 * Reads `mcp/<server>.json` and, where they exist, `access.json`, `logging.json`, `metrics.json` and `ssl.json`.
 *
 * @throws FileRefused naming file and key
 */
export async function loadConfig<C extends CommonConfig>(
  folder: string,
  server: string,
  schema: z.ZodType<C>,
): Promise<Loaded<C>> {
  const files = await openFilesVersion(folder);
  const config = parse(`${server}.json`, await files.read(filePath(server)), schema);
  const shared = async <T>(name: string, form: z.ZodType<T>, absent = "{}") =>
    parse(`${name}.json`, (await files.readOptional(filePath(name))) ?? absent, form);
  const { access } = await shared("access", accessFile);
  const { logging } = await shared("logging", loggingFile);
  // How long samples are kept is the database's to obey, so any number does.
  const { metrics } = await shared("metrics", metricsFile, '{"metrics":{"retentionDays":1}}');
  const { ssl } = await shared("ssl", sslFile);
  return {
    files,
    config,
    access,
    logging,
    sinks: await readSinks(files, server, logging),
    metrics,
    ssl,
    tls: await tlsSettings(files, ssl),
    login: {
      user: databaseAddress(config.database.connectionString).user,
      password: await files.secret(config.database.password),
      ca: await files.read(config.database.ssl.ca),
    },
    tokenKeys: await tokenKeys(files, access),
  };
}

/** A key shorter than the hash would make signatures as weak as it (RFC 7518, 3.2). */
async function tokenKeys(files: FilesVersion, access: AccessConfig): Promise<KeyRing | undefined> {
  const { method, jwt } = access.authentication;
  if (method !== "jwt") return undefined;
  return readKeyRing(files, jwt.secret, hashBytes[jwt.algorithm]);
}

const hashBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;

function filePath(name: string): string {
  return `${paths.files}/mcp/${name}.json`;
}

function parse<T>(file: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileRefused(file, "is no JSON");
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `/${issue.path.join("/")}: no such key: ${issue.keys.join(", ")}`
      : `/${issue.path.join("/")}: must be ${issue.message}`,
  );
  throw new FileRefused(file, faults.join("; "));
}
