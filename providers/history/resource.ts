import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { HistoryInputs } from "./runner.ts";

export type HistoryArgs = { [Key in keyof HistoryInputs]: pulumi.Input<HistoryInputs[Key]> };

/**
 * The delivered files as rows of `configuration_files`. The database keeps every version. Removing the resource
 * keeps the rows: what was in force once remains known.
 */
export class History extends DynamicResource {
  constructor(name: string, args: HistoryArgs, opts?: pulumi.CustomResourceOptions) {
    super("history", "History", name, args, opts);
  }
}
