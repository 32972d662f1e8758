import * as pulumi from "@pulumi/pulumi";
import type { DatabaseLogin } from "#components/databaseAccess.ts";
import { grantLines } from "#model/access/matrix.ts";
import { databaseName, roles } from "#model/names.ts";
import { Baseline } from "#providers/baseline/resource.ts";
import type { Connection } from "#providers/database/connect.ts";
import { Grants } from "#providers/grants/resource.ts";
import type { ManifestEntry } from "#providers/migrations/manifest.ts";
import { Migrations } from "#providers/migrations/resource.ts";

export interface DatabaseSchemaArgs {
  readonly host: string;
  readonly port: number;
  /** PEM bundle that must have signed the server's certificate. */
  readonly caBundle: pulumi.Input<string>;
  readonly superuserPassword: pulumi.Input<string>;
  readonly migrator: DatabaseLogin;
  /** Identity of the database cluster: with another one everything is applied anew. */
  readonly systemIdentifier: pulumi.Input<string>;
  /** Random id of the stack instance, kept in the database. */
  readonly instance: pulumi.Input<string>;
  readonly manifest: ManifestEntry[];
  /** Dimension of the embeddings. */
  readonly embeddingDimension: number;
  /** Days that rows of the growing tables are kept. */
  readonly retention: { auditLogs: number; complianceLogs: number; systemMetrics: number };
  readonly deletedWith?: pulumi.Resource | undefined;
}

/** What is inside the database: extension, schema, migrations, and who may do what with them. */
export class DatabaseSchema extends pulumi.ComponentResource {
  /** Known when schema and grants are in place. */
  readonly applied: pulumi.Output<string>;

  constructor(name: string, args: DatabaseSchemaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:database:DatabaseSchema", name, {}, opts);
    const child = {
      parent: this,
      ...(args.deletedWith ? { deletedWith: args.deletedWith } : {}),
    };
    const baseline = new Baseline(
      `${name}-baseline`,
      {
        connection: connection(args, { user: roles.superuser, password: args.superuserPassword }),
        instance: args.instance,
        systemIdentifier: args.systemIdentifier,
      },
      child,
    );
    const migrator = connection(args, args.migrator);
    const migrations = new Migrations(
      `${name}-migrations`,
      {
        connection: migrator,
        manifest: args.manifest,
        systemIdentifier: args.systemIdentifier,
        embeddingDimension: args.embeddingDimension,
        retention: args.retention,
      },
      { ...child, dependsOn: [baseline] },
    );
    const grants = new Grants(
      `${name}-grants`,
      {
        connection: migrator,
        owner: roles.owner,
        grants: grantLines(),
        systemIdentifier: args.systemIdentifier,
        schemaVersion: args.manifest.at(-1)?.name ?? "",
      },
      { ...child, dependsOn: [migrations] },
    );
    this.applied = grants.id;
    this.registerOutputs({});
  }
}

/** A connection of a provider; as it holds a password, all of it is secret. */
export function connection(
  server: { host: string; port: number; caBundle: pulumi.Input<string> },
  login: { user: string; password: pulumi.Input<string> },
): pulumi.Output<Connection> {
  return pulumi.secret(
    pulumi.all([server.caBundle, login.password]).apply(([ca, password]) => ({
      host: server.host,
      port: server.port,
      database: databaseName,
      user: login.user,
      password,
      ca,
    })),
  );
}
