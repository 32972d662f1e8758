import * as pulumi from "@pulumi/pulumi";
import type { CertificateAuthority } from "#components/certificateAuthority.ts";
import type { DatabaseLogin } from "#components/databaseAccess.ts";
import { KeyRing } from "#components/keyRing.ts";
import { McpServer } from "#components/mcpServer.ts";
import { ServiceImage } from "#components/serviceImage.ts";
import type { ContainerFacts } from "#model/compliance/deploymentFacts.ts";
import { buildFiles } from "#model/files/build.ts";
import { filesFor } from "#model/files/catalog.ts";
import { fileFacts } from "#model/files/facts.ts";
import { renderValues } from "#model/files/render.ts";
import { jwtKeyBits, suppliedFor } from "#model/files/rules/delivered.ts";
import { serverNames, type LoginName, type ServerName } from "#model/names.ts";
import type { Settings } from "#settings/settings.ts";

export interface McpServersArgs {
  readonly settings: Settings;
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly network: pulumi.Input<string>;
  readonly authority: CertificateAuthority;
  readonly logins: Record<LoginName, DatabaseLogin>;
  /** Key ring for the content of memories. */
  readonly encryptionKeys: pulumi.Input<string>;
  /** Volume for what each server keeps. */
  readonly state: Readonly<Record<ServerName, pulumi.Input<string>>>;
  /** What users supplied below `secrets`, by name. */
  readonly supplied: pulumi.Output<Record<string, string>>;
  /** Version of this project, part of each log line. */
  readonly version: string;
}

/** Every enabled MCP server; one image serves all of them. */
export class McpServers extends pulumi.ComponentResource {
  /** Server to the URL of its `/mcp` for clients. */
  readonly endpoints: pulumi.Output<ServerUrls>;
  /** The same by published address, whatever names the clients' network knows. */
  readonly published: pulumi.Output<ServerUrls>;
  /** All rendered files by name, also those that no server has. */
  readonly files: Record<string, string>;
  /** What delivers them. */
  readonly deliveries: pulumi.Resource[];
  /** What the container of each server was asked to be. */
  readonly asked: pulumi.Output<Partial<Record<ServerName, ContainerFacts>>>;

  constructor(name: string, args: McpServersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:mcp:McpServers", name, {}, opts);
    const { settings } = args;
    const image = new ServiceImage(
      "mcp",
      { docker: settings.docker, image: "mcp", reference: settings.images.mcp, base: settings.images.base },
      { parent: this },
    );
    const values = buildFiles(fileFacts(settings, args.version), settings.files);
    this.files = renderValues(values);
    const servers: Partial<Record<ServerName, McpServer>> = {};
    for (const server of serverNames.filter((each) => settings.servers[each].enabled)) {
      const files = filesFor(server).map((file) => [`mcp/${file}`, this.files[file]!]);
      servers[server] = new McpServer(
        server,
        {
          ...args,
          files: Object.fromEntries(files) as Record<string, string>,
          secrets: { ...this.secrets(server, args), ...suppliedSecrets(server, args) },
          docker: settings.docker,
          server,
          image: image.reference,
          hostnames: settings.network.hostnames,
          publish: { address: settings.network.publish, port: settings.ports.published[server] },
          state: args.state[server],
          limits: settings.servers[server],
          healthSeconds: values.env.MONITORING_HEALTH_CHECK_INTERVAL,
        },
        { parent: this },
      );
    }
    this.deliveries = Object.values(servers).map(({ files }) => files);
    this.asked = pulumi.output(
      Object.fromEntries(Object.entries(servers).map(([server, { asked }]) => [server, asked])),
    );
    this.endpoints = urlsOf(servers, ({ url }) => url);
    this.published = urlsOf(servers, ({ published }) => published);
    this.registerOutputs({ endpoints: this.endpoints });
  }

  /** Generated secrets of a server by path below the mount point; its files refer to them. */
  private secrets(
    server: ServerName,
    { logins, encryptionKeys, settings }: McpServersArgs,
  ): Record<string, pulumi.Input<string>> {
    const generation = settings.rotation.jwt;
    // A ring for each server: none can make tokens for another.
    const tokens = new KeyRing(`${server}-tokens`, { bytes: jwtKeyBits / 8, generation }, { parent: this });
    const further: Record<ServerName, Record<string, pulumi.Input<string>>> = {
      filesystem: {},
      postgres: {
        "secrets/database-reader-password": logins.postgres_reader.password,
        "secrets/database-writer-password": logins.postgres_writer.password,
      },
      memory: { "secrets/encryption-keys": encryptionKeys },
      compliance: { "secrets/database-fixer-password": logins.compliance_fixer.password },
    };
    return {
      "secrets/database-password": logins[server].password,
      "secrets/jwt-keys": tokens.text,
      ...further[server],
    };
  }
}

type ServerUrls = Partial<Record<ServerName, string>>;

function urlsOf(
  servers: Partial<Record<ServerName, McpServer>>,
  url: (server: McpServer) => pulumi.Output<string>,
): pulumi.Output<ServerUrls> {
  const urls = Object.entries(servers).map(([name, server]) => [name, url(server)] as const);
  return pulumi.output(Object.fromEntries(urls));
}

/** What users supplied for a server, of what the stack has. */
function suppliedSecrets(
  server: ServerName,
  { settings, supplied }: McpServersArgs,
): Record<string, pulumi.Input<string>> {
  const wanted = suppliedFor[server].filter((name) => settings.secrets.includes(name));
  return Object.fromEntries(
    wanted.map((name) => [`secrets/${name}`, supplied.apply((secrets) => secrets[name]!)]),
  );
}
