import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { MigrationsInputs } from "./runner.ts";

export type MigrationsArgs = { [key in keyof MigrationsInputs]: pulumi.Input<MigrationsInputs[key]> };

/** The schema. A preview lists the migrations that will run; removing the resource leaves the schema alone. */
export class Migrations extends DynamicResource {
  constructor(name: string, args: MigrationsArgs, opts?: pulumi.CustomResourceOptions) {
    super("migrations", "Migrations", name, args, opts);
  }
}
