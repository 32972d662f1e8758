import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { baselineLines } from "#model/access/baseline.ts";
import { databasePrivileges, grantLines } from "#model/access/matrix.ts";
import { databaseName, roles } from "#model/names.ts";
import { scramVerifier } from "#model/scram.ts";
import { apply as applyBaseline } from "#providers/baseline/runner.ts";
import { withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import { apply as applyGrants } from "#providers/grants/runner.ts";
import { migrationManifest } from "#providers/migrations/manifest.ts";
import { apply as applyMigrations } from "#providers/migrations/runner.ts";
import type { MigrationsInputs } from "#providers/migrations/runner.ts";
import { startPostgres } from "./postgresServer.ts";

/** Logins as a stack has them, each with the group that it inherits from. */
const logins = {
  [roles.migrator]: roles.owner,
  provisioner_1: roles.provisioner,
  filesystem_1: roles.service,
  postgres_1: roles.service,
  postgres_reader_1: roles.reader,
  app_user_1: roles.application,
} as const;
export type Login = keyof typeof logins;

/** A real, hardened PostgreSQL with the roles of a stack. */
export interface Cluster {
  /** A new database with the baseline of a stack and without schema, in place of the one before. */
  database(): Promise<Database>;
  stop(): Promise<void>;
}

export interface Database {
  as(login: Login | "superuser"): Connection;
  /** Inputs of the migrations with the specification's values, or those given. */
  migrations(other?: Partial<MigrationsInputs>): MigrationsInputs;
  /** Migrations and grants, as `up` applies them. */
  build(other?: Partial<MigrationsInputs>): Promise<void>;
  run<T>(login: Login | "superuser", work: (client: Client) => Promise<T>): Promise<T>;
}

export async function startCluster(): Promise<Cluster> {
  const server = await startPostgres();
  const place = { host: server.host, port: server.port, ca: server.ca };
  const superuser = { ...place, user: roles.superuser, password: server.password };
  const passwords = await withSession({ ...superuser, database: "postgres" }, makeRoles);
  return {
    async database() {
      await withSession({ ...superuser, database: "postgres" }, replaceDatabase);
      const as = (login: Login | "superuser"): Connection =>
        login === "superuser"
          ? { ...superuser, database: databaseName }
          : { ...place, database: databaseName, user: login, password: passwords.get(login)! };
      await applyBaseline({
        connection: as("superuser"),
        instance: "test",
        systemIdentifier: "test",
        facts: baselineLines(),
      });
      return database(as);
    },
    stop: server.stop,
  };
}

function database(as: Database["as"]): Database {
  const migrations = (other: Partial<MigrationsInputs> = {}): MigrationsInputs => ({
    connection: as(roles.migrator),
    manifest: migrationManifest(),
    systemIdentifier: "test",
    embeddingDimension: 1536,
    retention: { auditLogs: 90, complianceLogs: 180, systemMetrics: 30 },
    ...other,
  });
  return {
    as,
    migrations,
    async build(other) {
      await applyMigrations(migrations(other));
      await applyGrants({
        connection: as(roles.migrator),
        owner: roles.owner,
        grants: grantLines(),
        systemIdentifier: "test",
        schemaVersion: "",
      });
    },
    run: (login, work) => withSession(as(login), work, { step: "test" }),
  };
}

async function makeRoles(client: Client): Promise<Map<Login, string>> {
  const passwords = new Map<Login, string>();
  for (const group of [roles.owner, ...Object.keys(databasePrivileges)]) {
    await client.query(`CREATE ROLE ${group} NOLOGIN`);
  }
  for (const [login, group] of Object.entries(logins)) {
    const password = randomBytes(20).toString("hex");
    const verifier = scramVerifier(password, randomBytes(16).toString("base64"));
    await client.query(`CREATE ROLE ${login} LOGIN PASSWORD '${verifier}' IN ROLE ${group}`);
    passwords.set(login as Login, password);
  }
  return passwords;
}

async function replaceDatabase(client: Client): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${databaseName} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${databaseName} OWNER ${roles.owner} TEMPLATE template0`);
  for (const [group, verbs] of Object.entries(databasePrivileges)) {
    await client.query(`GRANT ${verbs.join(", ")} ON DATABASE ${databaseName} TO ${group}`);
  }
}
