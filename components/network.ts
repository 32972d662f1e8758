import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labelList } from "#components/filesVolume.ts";

export interface NetworkArgs {
  /** Name of the network on the engine. */
  readonly network: pulumi.Input<string>;
  readonly labels: pulumi.Input<Record<string, string>>;
}

/** The stack's own network: services find each other in it by name, and nobody else is in it. */
export class Network extends pulumi.ComponentResource {
  /** Name of the network; known only when it exists. */
  readonly network: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:docker:Network", name, {}, opts);
    const network = new docker.Network(
      name,
      { name: args.network, driver: "bridge", labels: labelList(args.labels) },
      { parent: this, deleteBeforeReplace: true, ignoreChanges: ["labels"] },
    );
    this.network = pulumi.all([network.name, network.id]).apply(([text]) => text);
    this.registerOutputs({ network: this.network });
  }
}
