import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { FactsInputs } from "./runner.ts";

export type FactsArgs = { [Key in keyof FactsInputs]: pulumi.Input<FactsInputs[Key]> };

/** What was deployed, as rows of `deployment_facts`: the compliance server compares what it finds with them. */
export class Facts extends DynamicResource {
  constructor(name: string, args: FactsArgs, opts?: pulumi.CustomResourceOptions) {
    super("facts", "Facts", name, args, opts);
  }
}
