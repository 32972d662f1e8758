import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { FilesVolume } from "#components/filesVolume.ts";
import { HardenedContainer } from "#components/hardenedContainer.ts";
import { ServerCertificate } from "#components/serverCertificate.ts";
import type { ContainerFacts } from "#model/compliance/deploymentFacts.ts";
import { containerPorts, paths, type ServerName } from "#model/names.ts";
import type { EngineChoice } from "#providers/docker/engine.ts";
import type { ServerSettings } from "#settings/settings.ts";

export interface McpServerArgs {
  readonly docker: EngineChoice;
  readonly server: ServerName;
  /** Prefix of the names of all Docker objects. */
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly image: pulumi.Input<string>;
  readonly network: pulumi.Input<string>;
  readonly authority: {
    certificate: pulumi.Input<string>;
    privateKey: pulumi.Input<string>;
    bundle: pulumi.Input<string>;
  };
  /** Host names under which clients reach the server. */
  readonly hostnames: readonly string[];
  readonly publish: { address: string; port: number };
  /** Rendered files by path below the mount point. */
  readonly files: pulumi.Input<Record<string, string>>;
  /** Secrets by path below the mount point. */
  readonly secrets: Record<string, pulumi.Input<string>>;
  /** Volume for what the server keeps. */
  readonly state: pulumi.Input<string>;
  readonly limits: Pick<ServerSettings, "memory" | "cpus" | "mounts" | "uid">;
  /** How often the engine asks the server how it is. */
  readonly healthSeconds: number;
}

const everywhere = ["0.0.0.0", "::"];

/** One MCP server, with a certificate, a files volume and a uid of its own. */
export class McpServer extends pulumi.ComponentResource {
  /** URL of its `/mcp` for clients; known only when the server has been started. */
  readonly url: pulumi.Output<string>;
  /** The same by its published address, whatever names the clients' network knows. */
  readonly published: pulumi.Output<string>;
  readonly files: FilesVolume;
  /** What its container was asked to be. */
  readonly asked: pulumi.Output<ContainerFacts>;

  constructor(name: string, args: McpServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:mcp:McpServer", name, {}, opts);
    const containerName = `${args.prefix}-${args.server}`;
    const certificate = new ServerCertificate(
      name,
      {
        authorityCertificate: args.authority.certificate,
        authorityKey: args.authority.privateKey,
        // Its name in the network too: who reads metrics there verifies it.
        hostnames: [containerName, args.server, ...args.hostnames],
        addresses: isIP(args.publish.address) === 0 ? [] : [args.publish.address],
      },
      { parent: this },
    );
    this.files = new FilesVolume(
      `${name}-files`,
      {
        docker: args.docker,
        volume: `${containerName}-files`,
        labels: args.labels,
        image: args.image,
        uid: args.limits.uid,
        files: pulumi
          .all([args.files, certificate.certificate, args.authority.bundle])
          .apply(([rendered, leaf, bundle]) => ({ ...rendered, "ssl/mcp.crt": leaf, "ssl/ca.crt": bundle })),
        secrets: { ...args.secrets, "ssl/mcp.key": certificate.privateKey },
      },
      { parent: this },
    );
    const hardened = new HardenedContainer(
      name,
      {
        docker: args.docker,
        container: containerName,
        labels: args.labels,
        image: args.image,
        command: [args.server],
        uid: args.limits.uid,
        network: args.network,
        alias: args.server,
        publish: {
          address: args.publish.address,
          host: args.publish.port,
          container: containerPorts[args.server],
        },
        volumes: [
          { volume: this.files.volume, path: paths.files, readOnly: true },
          { volume: args.state, path: paths.state, readOnly: false },
        ],
        mounts: args.limits.mounts,
        tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
        memory: args.limits.memory,
        cpus: args.limits.cpus,
        pids: 128,
        health: {
          command: ["node", "/opt/kilocode/mcp-servers/servers/healthcheck.ts"],
          intervalSeconds: args.healthSeconds,
        },
        graceSeconds: 15,
      },
      { parent: this, dependsOn: [this.files] },
    );
    this.asked = hardened.asked;
    const started = pulumi.all([hardened.limits.id, hardened.container.id]);
    const url = (host: string) => started.apply(() => `https://${host}:${args.publish.port}/mcp`);
    const address = everywhere.includes(args.publish.address) ? "localhost" : args.publish.address;
    this.url = url(args.hostnames[0] ?? address);
    this.published = url(address);
    this.registerOutputs({ url: this.url });
  }
}
