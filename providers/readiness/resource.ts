import * as pulumi from "@pulumi/pulumi";
import type { ReadinessInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<ReadinessInputs, ReadinessInputs> = {
  async create(inputs) {
    const { waitUntilReady } = await import("#providers/readiness/runner.ts");
    return { id: await waitUntilReady(inputs), outs: inputs };
  },
  async diff(id, olds, news) {
    const { changes } = await import("#providers/readiness/runner.ts");
    return changes(id, olds, news);
  },
  async update(_id, _olds, news) {
    const { waitUntilReady } = await import("#providers/readiness/runner.ts");
    await waitUntilReady(news);
    return { outs: news };
  },
  async read(id, props) {
    const { identityNow } = await import("#providers/readiness/runner.ts");
    return { id: (await identityNow(props!, 0)) ?? id, props: props! };
  },
};

/**
 * A PostgreSQL server that has taken a TLS login. Its id is the cluster's system identifier: what lives inside
 * the database takes it as an input, so that it is made anew with a new cluster. The id of a resource stays
 * known while it is updated, so the preview of a container's replacement shows no change inside the database.
 */
export class PostgresReady extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { [key in keyof ReadinessInputs]: pulumi.Input<ReadinessInputs[key]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, args, opts, "kilocode", "PostgresReady");
  }

  /** Made by initdb, as long-lived as the data. */
  get systemIdentifier(): pulumi.Output<string> {
    return this.id;
  }
}
