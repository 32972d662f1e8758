import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { PidsLimitInputs } from "./runner.ts";

export type PidsLimitArgs = { [Key in keyof PidsLimitInputs]: pulumi.Input<PidsLimitInputs[Key]> };

/** The process limit of a container, which the Docker provider's Container has no argument for. */
export class PidsLimit extends DynamicResource {
  constructor(name: string, args: PidsLimitArgs, opts?: pulumi.CustomResourceOptions) {
    super("pids", "PidsLimit", name, args, opts);
  }
}
