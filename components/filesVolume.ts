import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { EngineChoice } from "#providers/docker/engine.ts";
import { Files } from "#providers/files/resource.ts";

export interface FilesVolumeArgs {
  readonly docker: EngineChoice;
  /** Name of the volume. */
  readonly volume: pulumi.Input<string>;
  readonly labels: pulumi.Input<Record<string, string>>;
  /** Image of the service; a helper container made from it writes the files. */
  readonly image: pulumi.Input<string>;
  /** Owner (uid = gid) of the files, the only one who can read them. */
  readonly uid: number;
  /** Texts by path below the mount point, with references where a secret belongs. */
  readonly files: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Secrets by path below the mount point. */
  readonly secrets: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Secrets by the name of their mark in `.env`. Default: none. */
  readonly fillings?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Command that judges new files before they take effect; `{files}` is their folder. Default: none. */
  readonly check?: string[];
  /** Container and signal that make a running service read the files again. Default: the service polls. */
  readonly reload?: { container: pulumi.Input<string>; signal: string };
}

/** The files volume of one service: only this service mounts it. */
export class FilesVolume extends pulumi.ComponentResource {
  readonly volume: pulumi.Output<string>;
  readonly contents: Files;

  constructor(name: string, args: FilesVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:docker:FilesVolume", name, {}, opts);
    const volume = new docker.Volume(
      name,
      { name: args.volume, labels: labelList(args.labels) },
      // A changed label would replace the volume under a running service.
      { parent: this, ignoreChanges: ["labels", "driverOpts"] },
    );
    this.contents = new Files(
      name,
      {
        docker: args.docker,
        volume: volume.name,
        image: args.image,
        labels: args.labels,
        uid: args.uid,
        files: pulumi.output(args.files),
        secrets: pulumi.secret(args.secrets),
        ...(args.fillings ? { fillings: pulumi.secret(args.fillings) } : {}),
        check: args.check ?? [],
        reload: pulumi.output(args.reload ?? null),
      },
      { parent: this, deletedWith: volume },
    );
    this.volume = volume.name;
    this.registerOutputs({ volume: this.volume });
  }
}

/** Labels in the form of the Docker provider. */
export function labelList(
  labels: pulumi.Input<Record<string, string>>,
): pulumi.Output<{ label: string; value: string }[]> {
  return pulumi
    .output(labels)
    .apply((all) => Object.entries(all).map(([label, value]) => ({ label, value })));
}
