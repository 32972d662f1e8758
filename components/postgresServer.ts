import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { FilesVolume, labelList } from "#components/filesVolume.ts";
import { HardenedContainer } from "#components/hardenedContainer.ts";
import type { ContainerFacts } from "#model/compliance/deploymentFacts.ts";
import { containerPorts, paths, roles, serviceUids } from "#model/names.ts";
import type { PostgresConfiguration } from "#model/postgres/configuration.ts";
import type { EngineChoice } from "#providers/docker/engine.ts";
import { PostgresReady } from "#providers/readiness/resource.ts";

export interface PostgresServerArgs {
  readonly docker: EngineChoice;
  /** Prefix of the names of all Docker objects, such as `kilocode-mcp-dev`. */
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  /** Random id of the stack instance: the database of another one is refused. */
  readonly instance: pulumi.Input<string>;
  readonly image: pulumi.Input<string>;
  readonly network: pulumi.Input<string>;
  /** Rendered configuration, and what the container must be given to fit it. */
  readonly configuration: PostgresConfiguration;
  /** Bytes. */
  readonly memory: number;
  readonly cpus: number;
  /** Where the operator's machine reaches the server. */
  readonly publish: { address: string; port: number };
  readonly certificate: { certificate: pulumi.Input<string>; privateKey: pulumi.Input<string> };
  /** PEM bundle that clients trust. */
  readonly caBundle: pulumi.Input<string>;
  readonly superuser: { password: pulumi.Input<string>; verifier: pulumi.Input<string> };
}

/** PostgreSQL parses all of its configuration to print one setting of it; it starts nothing. */
const judgement = ["postgres", "-C", "config_file"].concat(
  ["data_directory=/tmp", "ident_file=/dev/null"].flatMap((setting) => ["-c", setting]),
  ["config_file=postgresql.conf", "hba_file=pg_hba.conf"].flatMap((setting) => [
    "-c",
    setting.replace("=", "={files}/postgres/"),
  ]),
);

/** A PostgreSQL server on a volume of its own, reachable by TLS only, ready when it has taken a login. */
export class PostgresServer extends pulumi.ComponentResource {
  readonly data: docker.Volume;
  readonly ready: PostgresReady;
  readonly container: docker.Container;
  readonly files: FilesVolume;
  /** What its container was asked to be. */
  readonly asked: pulumi.Output<ContainerFacts>;

  constructor(name: string, args: PostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:database:PostgresServer", name, {}, opts);
    const containerName = `${args.prefix}-database`;
    this.data = new docker.Volume(
      `${name}-data`,
      { name: `${args.prefix}-database-data`, labels: labelList(args.labels) },
      { parent: this, ignoreChanges: ["labels", "driverOpts"] },
    );
    this.files = this.deliverFiles(name, args, containerName);
    const hardened = new HardenedContainer(
      name,
      {
        docker: args.docker,
        container: containerName,
        // Values that need a restart are labels, so that the preview of the restart names them.
        labels: pulumi.output(args.labels).apply((labels) => ({
          ...labels,
          ...restartLabels(args.configuration.restartSettings),
        })),
        image: args.image,
        uid: serviceUids.database,
        network: args.network,
        alias: "database",
        publish: {
          address: args.publish.address,
          host: args.publish.port,
          container: containerPorts.database,
        },
        volumes: [
          { volume: this.data.name, path: paths.data, readOnly: false },
          { volume: this.files.volume, path: paths.files, readOnly: true },
        ],
        tmpfs: {
          "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777",
          [paths.socket]: `rw,noexec,nosuid,nodev,size=1m,mode=0700,uid=${serviceUids.database},gid=${serviceUids.database}`,
        },
        memory: args.memory,
        cpus: args.cpus,
        pids: args.configuration.pids,
        shmSize: args.configuration.shmSize,
        dataLimit: args.configuration.dataLimit,
        health: { command: ["pg_isready", "-q", "-h", paths.socket], intervalSeconds: 15 },
        graceSeconds: 60,
      },
      { parent: this, dependsOn: [this.files] },
    );
    this.container = hardened.container;
    this.asked = hardened.asked;
    this.ready = new PostgresReady(
      name,
      {
        host: args.publish.address,
        port: args.publish.port,
        user: roles.superuser,
        password: pulumi.secret(args.superuser.password),
        ca: args.caBundle,
        containerId: this.container.id,
        volumeId: this.data.id,
        instance: args.instance,
        timeoutSeconds: 120,
      },
      { parent: this, dependsOn: [hardened], deletedWith: this.container },
    );
    this.registerOutputs({});
  }

  private deliverFiles(name: string, args: PostgresServerArgs, container: string): FilesVolume {
    return new FilesVolume(
      `${name}-files`,
      {
        docker: args.docker,
        volume: `${args.prefix}-database-files`,
        labels: args.labels,
        image: args.image,
        uid: serviceUids.database,
        files: {
          "postgres/postgresql.conf": args.configuration.conf,
          "postgres/pg_hba.conf": args.configuration.hba,
          "ssl/server.crt": args.certificate.certificate,
          "ssl/ca.crt": args.caBundle,
        },
        secrets: {
          "ssl/server.key": args.certificate.privateKey,
          "secrets/superuser": args.superuser.verifier,
        },
        check: judgement,
        reload: { container, signal: "SIGHUP" },
      },
      { parent: this },
    );
  }
}

function restartLabels(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`io.kilocode.postgresql.${key}`, value]),
  );
}
