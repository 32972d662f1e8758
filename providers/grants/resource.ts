import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { GrantsInputs } from "./runner.ts";

/** What the groups may do with the objects of the schema, kept equal to the access matrix. */
export class Grants extends DynamicResource {
  constructor(
    name: string,
    args: { [key in keyof GrantsInputs]: pulumi.Input<GrantsInputs[key]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super("grants", "Grants", name, args, opts);
  }
}
