import * as pulumi from "@pulumi/pulumi";
import type { DataTier } from "#components/dataTier.ts";
import { ToolsFiles } from "#components/toolsFiles.ts";
import { paths, toolsClient } from "#model/names.ts";
import { History } from "#providers/history/resource.ts";
import type { Settings } from "#settings/settings.ts";

export interface FileRecordArgs {
  readonly settings: Settings;
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  readonly data: DataTier;
  /** The files of servers, by name; `.env` holds marks. */
  readonly rendered: Readonly<Record<string, string>>;
  /** Every delivered file by path below the mount point, with references where a secret belongs. */
  readonly delivered: Readonly<Record<string, string>>;
  /** What delivers them to the services: only what was delivered is recorded. */
  readonly deliveries: pulumi.Resource[];
}

/** All files in one place, for scripts; and every delivered version of each in the database. */
export class FileRecord extends pulumi.ComponentResource {
  readonly tools: ToolsFiles;
  readonly history: History;

  constructor(name: string, args: FileRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:index:FileRecord", name, {}, opts);
    const { settings, prefix, labels, data } = args;
    this.tools = new ToolsFiles(
      "tools",
      {
        settings,
        prefix,
        labels,
        files: args.rendered,
        caBundle: data.authority.bundle,
        databasePassword: data.logins.app_user.password,
        apiKey: data.apiKeys.apply((keys) => keys[toolsClient]!),
      },
      { parent: this },
    );
    const files = Object.entries(args.delivered).map(([path, text]) => [`${paths.files}/${path}`, text]);
    this.history = new History(
      "history",
      {
        connection: data.connection(data.logins.provisioner),
        files: Object.fromEntries(files) as Record<string, string>,
        folder: `${paths.files}/`,
        systemIdentifier: data.systemIdentifier,
      },
      { parent: this, dependsOn: [...args.deliveries, this.tools] },
    );
    this.registerOutputs({});
  }
}
