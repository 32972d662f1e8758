import * as pulumi from "@pulumi/pulumi";
import type { DataTier } from "#components/dataTier.ts";
import type { McpServers } from "#components/mcpServers.ts";
import type { ContainerFacts, RecordedFacts, ServerFacts } from "#model/compliance/deploymentFacts.ts";
import type { SslFile } from "#model/files/schema/ssl.ts";
import { serverNames } from "#model/names.ts";
import type { PostgresConfiguration } from "#model/postgres/configuration.ts";
import { Facts } from "#providers/facts/resource.ts";
import type { Settings } from "#settings/settings.ts";

export interface DeploymentFactsArgs {
  readonly settings: Settings;
  /** Of this project. */
  readonly version: string;
  /** Of PostgreSQL: what only a superuser sees of it is written down, too. */
  readonly configuration: PostgresConfiguration;
  readonly data: DataTier;
  readonly servers: McpServers;
}

/** What was deployed, written down in the database for the compliance server. */
export class DeploymentFacts extends pulumi.ComponentResource {
  readonly facts: Facts;

  constructor(name: string, args: DeploymentFactsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:index:DeploymentFacts", name, {}, opts);
    const { data } = args;
    this.facts = new Facts(
      name,
      {
        connection: data.connection(data.logins.provisioner),
        facts: pulumi
          .all([args.servers.asked, data.asked])
          .apply(([servers, database]) => deployed(args, servers, database)),
        systemIdentifier: data.systemIdentifier,
      },
      { parent: this, dependsOn: [args.servers] },
    );
    this.registerOutputs({});
  }
}

function deployed(
  { settings, version, configuration, servers: { files } }: DeploymentFactsArgs,
  servers: Readonly<Record<string, ContainerFacts>>,
  database: ContainerFacts,
): Record<string, RecordedFacts> {
  const { environment, rotation, postgres } = settings;
  const { ssl } = JSON.parse(files["ssl.json"] ?? "{}") as SslFile;
  const of = (container: ContainerFacts, credentials: Record<string, number>): Omit<ServerFacts, "tls"> => ({
    ...container,
    enabled: true,
    stackEnvironment: environment,
    version,
    credentials: Object.fromEntries(
      Object.entries(credentials).map(([credential, generation]) => [credential, { generation }]),
    ),
  });
  const { database: login, apiKeys, jwt, serverCertificate } = rotation;
  const running = serverNames.map((server): [string, RecordedFacts] => {
    const container = servers[server];
    if (container === undefined) return [server, { enabled: false }];
    const own = server === "memory" ? { encryption: rotation.encryption } : {};
    const generations = { login, apiKeys, jwt, serverCertificate, ...own };
    return [server, { ...of(container, generations), tls: { protocol: ssl.protocol } }];
  });
  return {
    ...Object.fromEntries(running),
    database: {
      ...of(database, { superuser: rotation.superuser, serverCertificate }),
      tls: { protocol: settingIn(configuration.conf, "ssl_min_protocol_version") },
      backups: { decided: settings.acceptNoBackups },
      retention: {
        audit_logs: postgres.retention.auditLogs,
        compliance_logs: postgres.retention.complianceLogs,
        system_metrics: postgres.retention.systemMetrics,
        server_status_history: postgres.retention.systemMetrics,
      },
    },
  };
}

/** The value of a setting that stands once in a postgresql.conf of ours; empty if it does not. */
function settingIn(conf: string, name: string): string {
  return new RegExp(`^${name} = '?([^'\\n]*)'?$`, "m").exec(conf)?.[1] ?? "";
}
