import * as pulumi from "@pulumi/pulumi";
import type { CertificateAuthority } from "#components/certificateAuthority.ts";
import type { DatabaseLogin } from "#components/databaseAccess.ts";
import { McpServer } from "#components/mcpServer.ts";
import { ServiceImage } from "#components/serviceImage.ts";
import { filesFor } from "#model/files/catalog.ts";
import { fileFacts } from "#model/files/facts.ts";
import { renderFiles } from "#model/files/render.ts";
import { serverNames, type LoginName, type ServerName } from "#model/names.ts";
import type { Settings } from "#settings/settings.ts";

export interface McpServersArgs {
  readonly settings: Settings;
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly network: pulumi.Input<string>;
  readonly authority: CertificateAuthority;
  readonly logins: Record<LoginName, DatabaseLogin>;
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

  constructor(name: string, args: McpServersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:mcp:McpServers", name, {}, opts);
    const { settings } = args;
    const image = new ServiceImage(
      "mcp",
      { docker: settings.docker, image: "mcp", reference: settings.images.mcp, base: settings.images.base },
      { parent: this },
    );
    this.files = renderFiles(fileFacts(settings, args.version), settings.files);
    const servers: Partial<Record<ServerName, McpServer>> = {};
    for (const server of serverNames.filter((each) => settings.servers[each].enabled)) {
      const files = filesFor(server).map((file) => [`mcp/${file}`, this.files[file]!]);
      servers[server] = new McpServer(
        server,
        {
          ...args,
          files: Object.fromEntries(files) as Record<string, string>,
          secrets: secretsOf(server, args),
          docker: settings.docker,
          server,
          image: image.reference,
          hostnames: settings.network.hostnames,
          publish: { address: settings.network.publish, port: settings.ports.published[server] },
          memory: settings.servers[server].memory,
          cpus: settings.servers[server].cpus,
        },
        { parent: this },
      );
    }
    this.deliveries = Object.values(servers).map(({ files }) => files);
    this.endpoints = urlsOf(servers, ({ url }) => url);
    this.published = urlsOf(servers, ({ published }) => published);
    this.registerOutputs({ endpoints: this.endpoints });
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

/** Secrets of a server by path below the mount point; its files refer to them. */
function secretsOf(server: ServerName, { logins }: McpServersArgs): Record<string, pulumi.Input<string>> {
  if (server !== "postgres") throw new TypeError(`no secrets for the server ${server}`);
  return {
    "secrets/database-password": logins.postgres.password,
    "secrets/database-reader-password": logins.postgres_reader.password,
  };
}
