import { isDeepStrictEqual } from "node:util";
import { runner } from "node-pg-migrate";
import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { extensionSchemaName, roles, schemaName } from "#model/names.ts";
import { errorCode, withLockedSession, withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import { applyDimension, currentDimension, refuseLosingEmbeddings } from "./embeddingDimension.ts";
import { migrationManifest, migrationsFolder } from "./manifest.ts";
import type { ManifestEntry } from "./manifest.ts";
import { migrationsTable, prepareRecording, recordedMigrations, refuseChanged } from "./recorded.ts";
import { applyRetention, currentRetention } from "./retention.ts";
import type { Retention } from "./retention.ts";

export interface MigrationsInputs {
  /** The migrator, who may become the schema's owner. */
  readonly connection: Connection;
  /** Every migration of this program: a preview shows the new ones. */
  readonly manifest: readonly ManifestEntry[];
  /** Identity of the database cluster: with another one everything is applied anew. */
  readonly systemIdentifier: string;
  /** Dimension of `memory_items.embedding`, 1 to 4000; the specification's is 1536. */
  readonly embeddingDimension: number;
  readonly retention: Retention;
}

/** What a preview passes in place of a value that is not known yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A migration must not stop the servers for long; who waits longer for a lock gives up and tries again. */
const lockTimeout = "2s";
const statementTimeout = "60s";
const lockAttempts = 5;

/**
 * Brings the schema to the state of the manifest: each missing migration in a transaction of its own, with its
 * hash; then dimension and retention, and one round of maintenance.
 *
 * @throws Fault MIGRATION_CHANGED, EMBEDDING_DIMENSION before any change; MIGRATION_FAILED, after which nothing
 *   of the failed migration remains and the next call continues with it.
 */
export async function apply(inputs: MigrationsInputs, folder = migrationsFolder): Promise<void> {
  await withLockedSession(
    inputs.connection,
    async (client) => {
      await becomeOwner(client);
      const applied = await recordedMigrations(client);
      refuseChanged(applied, inputs.manifest);
      refuseOtherFiles(inputs.manifest, folder);
      await refuseLosingEmbeddings(client, inputs.embeddingDimension);
      await migrate(client, inputs, applied.length, folder);
      await applyDimension(client, inputs.embeddingDimension);
      await applyRetention(client, inputs.retention);
      await maintain(client);
    },
    { step: "migrations" },
  );
}

/** Takes the last `count` migrations back. Not part of a deployment: for tests and for work on migrations. */
export async function revert(
  inputs: MigrationsInputs,
  count: number,
  folder = migrationsFolder,
): Promise<void> {
  await withLockedSession(
    inputs.connection,
    async (client) => {
      await becomeOwner(client);
      await runner({ ...options(client, folder), direction: "down", count });
    },
    { step: "migrations" },
  );
}

/** The migrations that a database has applied, in their order. */
export async function appliedMigrations(connection: Connection): Promise<ManifestEntry[]> {
  return withSession(
    connection,
    async (client) => {
      await becomeOwner(client);
      return recordedMigrations(client);
    },
    { step: "migrations" },
  );
}

/**
 * Whether there is something to do. Without asking the database it already refuses an edited or missing
 * migration, so that a preview fails, unless the database is known to be a new one.
 *
 * @throws Fault MIGRATION_CHANGED
 */
export function changes(olds: MigrationsInputs, news: MigrationsInputs): { changes: boolean } {
  const sameDatabase = news.systemIdentifier === olds.systemIdentifier || news.systemIdentifier === unknown;
  if (sameDatabase && Array.isArray(news.manifest)) refuseChanged(olds.manifest, news.manifest);
  const keys = ["connection", "manifest", "systemIdentifier", "embeddingDimension", "retention"] as const;
  return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
}

/** The inputs as the database has them; as they were where the server does not answer. */
export async function observe(inputs: MigrationsInputs): Promise<MigrationsInputs> {
  try {
    return await withSession(
      inputs.connection,
      async (client) => {
        await becomeOwner(client);
        const [manifest, dimension, retention] = [
          await recordedMigrations(client),
          await currentDimension(client),
          await currentRetention(client),
        ];
        return {
          ...inputs,
          manifest,
          embeddingDimension: dimension ?? inputs.embeddingDimension,
          retention: retention ?? inputs.retention,
        };
      },
      { step: "migrations" },
    );
  } catch (error) {
    if (error instanceof Fault && error.code === "DATABASE_UNREACHABLE") return inputs;
    throw error;
  }
}

async function becomeOwner(client: Client): Promise<void> {
  await client.query(
    `SET ROLE ${roles.owner}; SET search_path = ${schemaName}, ${extensionSchemaName}, pg_temp;
     SET lock_timeout = '${lockTimeout}'; SET statement_timeout = '${statementTimeout}'`,
  );
}

/** The program's own files may have changed since the manifest was made. */
function refuseOtherFiles(manifest: readonly ManifestEntry[], folder: string): void {
  refuseChanged(manifest, migrationManifest(folder));
}

async function migrate(
  client: Client,
  inputs: MigrationsInputs,
  done: number,
  folder: string,
): Promise<void> {
  await prepareRecording(client, inputs.manifest);
  await client.query("SELECT set_config('kilocode.embedding_dimension', $1, false)", [
    String(inputs.embeddingDimension),
  ]);
  for (const { name } of inputs.manifest.slice(done)) await migrateOne(client, name, folder);
}

async function migrateOne(client: Client, name: string, folder: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runner({ ...options(client, folder), direction: "up", count: 1, file: name, checkOrder: false });
      return;
    } catch (cause) {
      if (errorCode(cause) === "55P03" && attempt < lockAttempts) continue;
      const text = cause instanceof Error ? cause.message : "unknown error";
      const code = errorCode(cause);
      throw new Fault(
        {
          code: "MIGRATION_FAILED",
          where: `migrations/${name}`,
          problem: `${text}${code === undefined ? "" : ` (${code})`}; nothing of this migration remains, those before it are applied`,
          mend: "mend the cause, in the migration or in the database, and run the command again: it continues with this one",
        },
        { cause },
      );
    }
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function options(client: Client, folder: string) {
  return {
    dbClient: client,
    dir: folder,
    migrationsTable,
    migrationsSchema: schemaName,
    singleTransaction: true,
    // The deployment's lock is held; the library's own fails at once where another one holds it.
    noLock: true,
    // Its messages quote whole migrations; ours names the file.
    logger: silent,
  };
}

/** Some migrations of a test make no such function. */
async function maintain(client: Client): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regprocedure('mcp.run_maintenance(boolean, integer)') IS NOT NULL AS there",
  );
  if (rows[0]?.there === true) await client.query("SELECT FROM mcp.run_maintenance(true)");
}
