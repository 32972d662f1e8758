import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { DataTier } from "#components/dataTier.ts";
import { DeploymentFacts } from "#components/deploymentFacts.ts";
import { FileRecord } from "#components/fileRecord.ts";
import { McpServers } from "#components/mcpServers.ts";
import { StackIdentity } from "#components/stackIdentity.ts";
import { successGate, type GateQuestions } from "#gate/successGate.ts";
import { engineClaims } from "#model/engineClaims.ts";
import { deploymentOf } from "#model/files/rules/deployment.ts";
import { databaseName, objectPrefix, ownClients, serverNames } from "#model/names.ts";
import { clientEntries, deliveredFiles, fileHashes, keysOf, urlOfDatabase } from "#model/outputs.ts";
import { postgresConfiguration } from "#model/postgres/configuration.ts";
import { preflight } from "#providers/docker/preflight.ts";
import { migrationManifest } from "#providers/migrations/manifest.ts";
import { loadSettings } from "#settings/load.ts";
import self from "./package.json" with { type: "json" };

// Settings: everything that is wrong with them is said here, before anything is made.
const { settings, secrets: supplied } = loadSettings();
const { project, stack, protect } = settings;
const enabled = serverNames.filter((server) => settings.servers[server].enabled);
const prefix = objectPrefix(project, stack);
const configuration = postgresConfiguration(settings.postgres);
const manifest = migrationManifest();

// The engine, and which objects on it are ours.
// Outputs, as the SDK would otherwise write this machine's DOCKER_HOST into the state.
const engine = new docker.Provider(
  "engine",
  { host: pulumi.output(settings.docker.host), context: pulumi.output(settings.docker.context) },
  { protect },
);
const onEngine = { providers: { docker: engine } };
const looked = {
  docker: settings.docker,
  ...engineClaims(settings),
  deployment: deploymentOf(settings),
};
const { instance, labels } = new StackIdentity(
  "stack",
  { project, stack, preflight: (id) => preflight(looked, id) },
  { protect },
);

// Network, certificates, secrets → PostgreSQL server → database access → migrations → clients.
const reading = { role: "readonly", servers: enabled };
const accounts = { ...settings.clients, ...Object.fromEntries(ownClients.map((name) => [name, reading])) };
const data = new DataTier(
  "data",
  { settings, prefix, labels, instance, configuration, manifest, clients: accounts },
  { ...onEngine, protect },
);

// Configuration files → MCP servers.
const servers = new McpServers(
  "servers",
  {
    settings,
    prefix,
    labels,
    version: self.version,
    network: data.network,
    authority: data.authority,
    logins: data.logins,
    encryptionKeys: data.encryptionKeys,
    state: data.state,
    supplied,
  },
  { ...onEngine, dependsOn: [data] },
);

// All files in a place for scripts, which alone sees `.env`; every delivered version is recorded, and what was
// deployed: the compliance server compares what it finds with that.
const delivered = deliveredFiles(configuration, servers.files);
const { files: rendered, deliveries } = servers;
void new FileRecord("files", { settings, prefix, labels, data, rendered, delivered, deliveries }, onEngine);
void new DeploymentFacts("facts", { settings, version: self.version, configuration, data, servers });

// Success means answered, not started: asked at the end of every update, also when nothing else changed.
const questions: pulumi.Output<GateQuestions> = pulumi.output({
  application: data.connection(data.logins.app_user),
  migrator: data.connection(data.migrator),
  manifest,
  servers: { published: servers.published, ca: data.authority.bundle, apiKeys: data.apiKeys },
});
if (!pulumi.runtime.isDryRun()) questions.apply(successGate);

const { host, port } = data.reached;
const { user, password } = data.logins.app_user;
export const endpoints = servers.endpoints;
export const caCertificate = data.authority.bundle;
export const apiKeys = data.apiKeys.apply((keys) => keysOf(settings.clients, keys));
export const database = { host, port, name: databaseName };
export const databaseUrl = password.apply((text) => urlOfDatabase({ user, password: text, host, port }));
export const files = fileHashes(delivered);
const mcpFile = servers.files["mcp.json"] ?? "";
export const clients = servers.endpoints.apply((urls) => clientEntries(settings.clients, urls, mcpFile));
