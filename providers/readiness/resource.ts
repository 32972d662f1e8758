import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { ReadinessInputs } from "./runner.ts";

/**
 * A PostgreSQL server that has taken a TLS login. Its id is the cluster's system identifier: what lives inside
 * the database takes it as an input, so that it is made anew with a new cluster. The id of a resource stays
 * known while it is updated, so the preview of a container's replacement shows no change inside the database.
 */
export class PostgresReady extends DynamicResource {
  constructor(
    name: string,
    args: { [key in keyof ReadinessInputs]: pulumi.Input<ReadinessInputs[key]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super("readiness", "PostgresReady", name, args, opts);
  }

  /** Made by initdb, as long-lived as the data. */
  get systemIdentifier(): pulumi.Output<string> {
    return this.id;
  }
}
