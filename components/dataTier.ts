import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "#components/certificateAuthority.ts";
import { ClientAccess, type ClientAccessArgs } from "#components/clientAccess.ts";
import { DatabaseAccess, type DatabaseLogin } from "#components/databaseAccess.ts";
import { DatabasePassword } from "#components/databasePassword.ts";
import { connection, DatabaseSchema } from "#components/databaseSchema.ts";
import { KeyRing } from "#components/keyRing.ts";
import { Network } from "#components/network.ts";
import { PostgresServer } from "#components/postgresServer.ts";
import { ServerCertificate } from "#components/serverCertificate.ts";
import { ServiceImage } from "#components/serviceImage.ts";
import type { ContainerFacts } from "#model/compliance/deploymentFacts.ts";
import { StateVolume } from "#components/stateVolume.ts";
import { serverNames, stateVolumeName, type LoginName, type ServerName } from "#model/names.ts";
import type { PostgresConfiguration } from "#model/postgres/configuration.ts";
import type { Connection } from "#providers/database/connect.ts";
import type { ManifestEntry } from "#providers/migrations/manifest.ts";
import type { Settings } from "#settings/settings.ts";

export interface DataTierArgs {
  readonly settings: Settings;
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly instance: pulumi.Input<string>;
  readonly configuration: PostgresConfiguration;
  readonly manifest: ManifestEntry[];
  /** Clients of the servers: what each may use, and as what. */
  readonly clients: ClientAccessArgs["clients"];
}

/** AES-256. */
const encryptionKeyBytes = 32;

/**
 * Everything without which data would be lost or unreadable: network, certificates, passwords, keys, PostgreSQL with
 * its volume, what servers keep, roles, schema, clients. `protect` on this component protects all of it as one unit; protecting the
 * volume alone would lose the database inside it.
 */
export class DataTier extends pulumi.ComponentResource {
  readonly network: pulumi.Output<string>;
  readonly authority: CertificateAuthority;
  readonly logins: Record<LoginName, DatabaseLogin>;
  readonly migrator: DatabaseLogin;
  /** Client to key; known only when schema, grants and clients are in place. */
  readonly apiKeys: pulumi.Output<Record<string, string>>;
  /** Key ring without which encrypted memories cannot be read. */
  readonly encryptionKeys: pulumi.Output<string>;
  /** Volume for what each server keeps. */
  readonly state: Readonly<Record<ServerName, pulumi.Output<string>>>;
  /** Identity of the database cluster: what is in the database depends on it. */
  readonly systemIdentifier: pulumi.Output<string>;
  /** What the container of PostgreSQL was asked to be. */
  readonly asked: pulumi.Output<ContainerFacts>;
  /** Where the operator's machine reaches the database, and whom to trust there. */
  readonly reached: { host: string; port: number; caBundle: pulumi.Output<string> };

  constructor(name: string, args: DataTierArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:index:DataTier", name, {}, opts);
    const { settings, prefix, labels } = args;
    const child = { parent: this };
    const network = new Network("network", { network: `${prefix}-network`, labels }, child);
    this.network = network.network;
    this.authority = new CertificateAuthority("authority", { commonName: `${prefix} authority` }, child);
    const ring = { bytes: encryptionKeyBytes, generation: settings.rotation.encryption };
    this.encryptionKeys = new KeyRing("encryption", ring, child).text;
    this.state = this.stateVolumes(args);
    const superuser = new DatabasePassword("superuser", child);
    const database = this.postgresServer(args, superuser);
    this.systemIdentifier = database.ready.systemIdentifier;
    this.asked = database.asked;
    this.reached = {
      host: "127.0.0.1",
      port: settings.ports.published.database,
      caBundle: this.authority.bundle,
    };
    const common = {
      ...this.reached,
      superuserPassword: superuser.password,
      systemIdentifier: this.systemIdentifier,
      // What lies inside the volume goes with it, without SQL; protected data is never removed that way.
      deletedWith: settings.protect ? undefined : database.data,
    };
    const access = new DatabaseAccess(
      "database",
      { ...common, generation: settings.rotation.database },
      { ...child, dependsOn: [database] },
    );
    this.logins = access.logins;
    this.migrator = access.migrator;
    const schema = new DatabaseSchema(
      "schema",
      { ...common, ...settings.postgres, ...args, migrator: access.migrator },
      { ...child, dependsOn: [access] },
    );
    const clients = new ClientAccess(
      "clients",
      {
        ...common,
        connection: this.connection(access.logins.provisioner),
        clients: args.clients,
        generation: settings.rotation.apiKeys,
      },
      { ...child, dependsOn: [schema] },
    );
    this.apiKeys = clients.apiKeys;
    this.registerOutputs({});
  }

  /** How the operator's machine reaches the database with a login. */
  connection(login: DatabaseLogin): pulumi.Output<Connection> {
    return connection(this.reached, login);
  }

  /** Of every server, whether it runs or not: one that is switched off keeps what it has. */
  private stateVolumes({ prefix, labels }: DataTierArgs): DataTier["state"] {
    const volume = (server: ServerName) =>
      new StateVolume(
        `${server}-state`,
        { volume: stateVolumeName(prefix, server), labels },
        { parent: this },
      ).volume;
    return Object.fromEntries(serverNames.map((server) => [server, volume(server)])) as DataTier["state"];
  }

  private postgresServer(args: DataTierArgs, superuser: DatabasePassword): PostgresServer {
    const { settings, prefix, labels, configuration } = args;
    const child = { parent: this };
    const image = new ServiceImage(
      "database",
      {
        docker: settings.docker,
        image: "postgres",
        reference: settings.images.postgres,
        base: settings.images.base,
      },
      child,
    );
    const certificate = new ServerCertificate(
      "database",
      {
        authorityCertificate: this.authority.certificate,
        authorityKey: this.authority.privateKey,
        hostnames: ["database", `${prefix}-database`],
      },
      child,
    );
    return new PostgresServer(
      "database",
      {
        docker: settings.docker,
        prefix,
        labels,
        instance: args.instance,
        image: image.reference,
        network: this.network,
        configuration,
        memory: settings.postgres.memory,
        cpus: settings.postgres.cpus,
        publish: { address: "127.0.0.1", port: settings.ports.published.database },
        certificate,
        caBundle: this.authority.bundle,
        superuser,
      },
      child,
    );
  }
}
