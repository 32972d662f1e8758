import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labelList } from "#components/filesVolume.ts";
import { containerFacts, type ContainerFacts } from "#model/compliance/deploymentFacts.ts";
import { isFolder, type Mount } from "#model/mounts.ts";
import type { EngineChoice } from "#providers/docker/engine.ts";
import { PidsLimit } from "#providers/pids/resource.ts";

export interface HardenedContainerArgs {
  readonly docker: EngineChoice;
  readonly container: pulumi.Input<string>;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly image: pulumi.Input<string>;
  readonly command?: string[];
  /** uid = gid of every process. */
  readonly uid: number;
  readonly network: pulumi.Input<string>;
  /** Name under which others in the network find it. */
  readonly alias: string;
  readonly publish: { address: pulumi.Input<string>; host: number; container: number };
  readonly volumes: { volume: pulumi.Input<string>; path: string; readOnly: boolean }[];
  /** What users bring in: volumes, or folders of the engine's machine. Default: nothing. */
  readonly mounts?: readonly Mount[];
  /** In-memory folders: path to mount options. */
  readonly tmpfs: Record<string, string>;
  /** Bytes; there is no swap beyond them. 0: no limit. */
  readonly memory: number;
  /** Number of CPUs, fractions allowed. 0: no limit. */
  readonly cpus: number;
  /** Most processes and threads at once. */
  readonly pids: number;
  /** Size of /dev/shm in bytes. Default 64 MiB. */
  readonly shmSize?: number;
  /** Data segment limit of each process in bytes. Default: none. */
  readonly dataLimit?: number;
  readonly health: { command: string[]; intervalSeconds: number };
  /** Seconds that a stop may take before the engine kills. */
  readonly graceSeconds: number;
}

const mebibyte = 1024 * 1024;

/** A container as every service of a stack runs: no root, no capability, nothing writable but what it names. */
export class HardenedContainer extends pulumi.ComponentResource {
  readonly container: docker.Container;
  readonly limits: PidsLimit;
  /** What the container was asked to be, for comparison with what it is. */
  readonly asked: pulumi.Output<ContainerFacts>;

  constructor(name: string, args: HardenedContainerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:docker:HardenedContainer", name, {}, opts);
    this.container = new docker.Container(name, containerArgs(args), {
      parent: this,
      deleteBeforeReplace: true,
      // The provider claims success for these without changing anything on a running container.
      replaceOnChanges: ["tmpfs", "healthcheck", "init", "cpuPeriod", "cpuQuota"],
    });
    this.limits = new PidsLimit(
      name,
      { docker: args.docker, container: this.container.id, limit: args.pids },
      { parent: this, deletedWith: this.container },
    );
    this.asked = pulumi.all([args.image, args.publish.address]).apply(([image, address]) => ({
      ...containerFacts(args),
      image,
      published: { address, port: args.publish.host },
    }));
    this.registerOutputs({});
  }
}

function containerArgs(args: HardenedContainerArgs): docker.ContainerArgs {
  return {
    name: args.container,
    image: args.image,
    ...(args.command ? { command: args.command } : {}),
    labels: labelList(args.labels),
    user: `${args.uid}:${args.uid}`,
    readOnly: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    memory: Math.ceil(args.memory / mebibyte),
    memorySwap: Math.ceil(args.memory / mebibyte),
    ...(args.cpus === 0 ? {} : { cpus: cpusAsRead(args.cpus) }),
    shmSize: Math.ceil((args.shmSize ?? 64 * mebibyte) / mebibyte),
    ...(args.dataLimit === undefined
      ? {}
      : { ulimits: [{ name: "data", soft: args.dataLimit, hard: args.dataLimit }] }),
    networkMode: "bridge",
    networksAdvanced: [{ name: args.network, aliases: [args.alias] }],
    ports: [
      {
        internal: args.publish.container,
        external: args.publish.host,
        ip: args.publish.address,
        protocol: "tcp",
      },
    ],
    mounts: [
      ...args.volumes.map(({ volume, path, readOnly }) => ({
        type: "volume",
        source: volume,
        target: path,
        readOnly,
      })),
      ...(args.mounts ?? []).map((mount) => ({ ...mount, type: isFolder(mount) ? "bind" : "volume" })),
    ],
    tmpfs: args.tmpfs,
    healthcheck: {
      tests: ["CMD", ...args.health.command],
      interval: `${args.health.intervalSeconds}s`,
      timeout: "5s",
      startPeriod: "30s",
      retries: 3,
    },
    restart: "unless-stopped",
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "5" },
    stopTimeout: args.graceSeconds,
    destroyGraceSeconds: args.graceSeconds,
    mustRun: true,
  };
}

/** The form that the provider reads back; `1` would differ from its own `1.0` for ever. */
function cpusAsRead(cpus: number): string {
  return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}
