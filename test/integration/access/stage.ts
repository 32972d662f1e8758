import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { baselineLines } from "#model/access/baseline.ts";
import { databasePrivileges, grantLines } from "#model/access/matrix.ts";
import { databaseName, roles } from "#model/names.ts";
import { scramVerifier } from "#model/scram.ts";
import { apply as applyBaseline } from "#providers/baseline/runner.ts";
import type { BaselineInputs } from "#providers/baseline/runner.ts";
import { withSession } from "#providers/database/connect.ts";
import type { Connection } from "#providers/database/connect.ts";
import type { GrantsInputs } from "#providers/grants/runner.ts";
import { migrationManifest } from "#providers/migrations/manifest.ts";
import { apply as applyMigrations } from "#providers/migrations/runner.ts";
import { waitUntilReady } from "#providers/readiness/runner.ts";
import { startPostgres } from "#test/integration/postgresServer.ts";
import type { TestPostgresOptions } from "#test/integration/postgresServer.ts";

/** Logins as a stack has them, each with the group that it inherits from. */
export const logins = {
  [roles.migrator]: roles.owner,
  provisioner_1: roles.provisioner,
  app_user_1: roles.application,
  filesystem_1: roles.service,
  postgres_1: roles.service,
  postgres_reader_1: roles.reader,
  postgres_writer_1: roles.writer,
  memory_1: roles.memory,
  compliance_1: roles.compliance,
  compliance_fixer_1: roles.fixer,
} as const;
export type Login = keyof typeof logins;

/** A server with the roles and the empty database of a stack, as `DatabaseAccess` makes them. */
export interface Stage {
  readonly instance: string;
  readonly systemIdentifier: string;
  readonly passwords: Readonly<Record<Login, string>>;
  /** The superuser, in a database of the cluster. */
  superuser(database?: string): Connection;
  login(login: Login, database?: string): Connection;
  baseline(): BaselineInputs;
  grants(): GrantsInputs;
  /** The baseline, then the migrations. */
  migrate(): Promise<void>;
  asSuperuser<T>(work: (client: Client) => Promise<T>): Promise<T>;
  /** What PostgreSQL logged. */
  postgresLog(): Promise<string>;
  stop(): Promise<void>;
}

export async function setStage(options: TestPostgresOptions = {}): Promise<Stage> {
  const server = await startPostgres(options);
  const { host, port, ca } = server;
  const superuser = (database: string = databaseName) => ({
    host,
    port,
    ca,
    database,
    user: roles.superuser,
    password: server.password,
  });
  const { database: _, ...ready } = superuser();
  const systemIdentifier = await waitUntilReady({ ...ready, containerId: "test", timeoutSeconds: 60 });
  const passwords = await withSession(superuser("postgres"), makeRoles);
  const instance = randomBytes(8).toString("hex");
  const login = (user: Login, database: string = databaseName) => ({
    host,
    port,
    ca,
    database,
    user,
    password: passwords[user],
  });
  const baseline = () => ({
    connection: superuser(),
    instance,
    systemIdentifier,
    facts: baselineLines(),
  });
  return {
    instance,
    systemIdentifier,
    passwords,
    superuser,
    login,
    baseline,
    grants: () => ({
      connection: login(roles.migrator),
      owner: roles.owner,
      grants: grantLines(),
      systemIdentifier,
      schemaVersion: "test",
    }),
    migrate: async () => {
      await applyBaseline(baseline());
      await applyMigrations({
        connection: login(roles.migrator),
        manifest: migrationManifest(),
        systemIdentifier,
        embeddingDimension: 8,
        retention: { auditLogs: 90, complianceLogs: 180, systemMetrics: 30 },
      });
    },
    asSuperuser: (work) => withSession(superuser(), work),
    postgresLog: () => server.logs(),
    stop: () => server.stop(),
  };
}

async function makeRoles(client: Client): Promise<Record<Login, string>> {
  const passwords: Partial<Record<Login, string>> = {};
  const groups = Object.keys(databasePrivileges);
  for (const group of [roles.owner, ...groups]) await client.query(`CREATE ROLE ${group} NOLOGIN`);
  for (const [login, group] of Object.entries(logins)) {
    const password = randomBytes(20).toString("hex");
    const verifier = scramVerifier(password, randomBytes(16).toString("base64"));
    await client.query(`CREATE ROLE ${login} LOGIN PASSWORD '${verifier}' IN ROLE ${group}`);
    passwords[login as Login] = password;
  }
  await client.query(`CREATE DATABASE ${databaseName} OWNER ${roles.owner} TEMPLATE template0`);
  for (const [group, verbs] of Object.entries(databasePrivileges)) {
    await client.query(`GRANT ${verbs.join(", ")} ON DATABASE ${databaseName} TO ${group}`);
  }
  return passwords as Record<Login, string>;
}
