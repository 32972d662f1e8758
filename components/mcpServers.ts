import { basename } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateAuthority } from "#components/certificateAuthority.ts";
import type { DatabaseLogin } from "#components/databaseAccess.ts";
import { McpServer } from "#components/mcpServer.ts";
import { ServiceImage } from "#components/serviceImage.ts";
import { postgresServerFiles, postgresServerSecrets } from "#model/files/postgresServer.ts";
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
  /** Rendered files by name. */
  readonly files: Record<string, string> = {};

  constructor(name: string, args: McpServersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:mcp:McpServers", name, {}, opts);
    const { settings } = args;
    const image = new ServiceImage(
      "mcp",
      { docker: settings.docker, image: "mcp", reference: settings.images.mcp, base: settings.images.base },
      { parent: this },
    );
    const servers: Partial<Record<ServerName, McpServer>> = {};
    for (const server of serverNames.filter((each) => settings.servers[each].enabled)) {
      const { files, secrets } = configuration(server, args);
      for (const [path, text] of Object.entries(files)) this.files[basename(path)] = text;
      servers[server] = new McpServer(
        server,
        {
          ...args,
          files,
          secrets,
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

interface ServerConfiguration {
  readonly files: Record<string, string>;
  readonly secrets: Record<string, pulumi.Input<string>>;
}

function configuration(server: ServerName, args: McpServersArgs): ServerConfiguration {
  if (server !== "postgres") throw new TypeError(`no configuration for the server ${server}`);
  const { settings, logins } = args;
  return {
    files: postgresServerFiles({
      hosts: [...settings.network.hostnames, settings.network.publish, `${args.prefix}-${server}`, server],
      database: {
        host: "database",
        user: logins.postgres.user,
        readerUser: logins.postgres_reader.user,
        poolMax: settings.postgres.poolSize,
      },
      environment: settings.environment,
      version: args.version,
    }),
    secrets: {
      [postgresServerSecrets.databasePassword]: logins.postgres.password,
      [postgresServerSecrets.readerPassword]: logins.postgres_reader.password,
    },
  };
}
