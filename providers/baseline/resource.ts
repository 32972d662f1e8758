import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import { baselineLines } from "#model/access/baseline.ts";
import type { BaselineInputs } from "./runner.ts";

export type BaselineArgs = {
  [key in Exclude<keyof BaselineInputs, "facts">]: pulumi.Input<BaselineInputs[key]>;
};

/** What only the superuser can do inside the database: extension, schema, what PUBLIC loses, whose it is. */
export class Baseline extends DynamicResource {
  constructor(name: string, args: BaselineArgs, opts?: pulumi.CustomResourceOptions) {
    super("baseline", "Baseline", name, { ...args, facts: baselineLines() }, opts);
  }
}
