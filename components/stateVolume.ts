import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labelList } from "#components/filesVolume.ts";

export interface StateVolumeArgs {
  /** Name of the volume on the engine. */
  readonly volume: string;
  readonly labels: pulumi.Input<Record<string, string>>;
}

/** What one server keeps beside the database: log files, records that wait for it, exports, reports. */
export class StateVolume extends pulumi.ComponentResource {
  readonly volume: pulumi.Output<string>;

  constructor(name: string, args: StateVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:docker:StateVolume", name, {}, opts);
    const volume = new docker.Volume(
      name,
      { name: args.volume, labels: labelList(args.labels) },
      // A changed label would replace the volume under a running service.
      { parent: this, ignoreChanges: ["labels", "driverOpts"] },
    );
    this.volume = volume.name;
    this.registerOutputs({ volume: this.volume });
  }
}
