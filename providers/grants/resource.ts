import * as pulumi from "@pulumi/pulumi";
import type { GrantsInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<GrantsInputs, GrantsInputs> = {
  async create(inputs) {
    const { apply } = await import("#providers/grants/runner.ts");
    await apply(inputs);
    return { id: "grants", outs: inputs };
  },
  async diff(_id, olds, news) {
    const { changes } = await import("#providers/grants/runner.ts");
    return changes(olds, news);
  },
  async update(_id, _olds, news) {
    const { apply } = await import("#providers/grants/runner.ts");
    await apply(news);
    return { outs: news };
  },
  async read(id, props) {
    const { observe } = await import("#providers/grants/runner.ts");
    return { id, props: await observe(props!) };
  },
};

/** What the groups may do with the objects of the schema, kept equal to the access matrix. */
export class Grants extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { [key in keyof GrantsInputs]: pulumi.Input<GrantsInputs[key]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, args, opts, "kilocode", "Grants");
  }
}
