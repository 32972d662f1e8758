import * as pulumi from "@pulumi/pulumi";
import { baselineLines } from "#model/access/baseline.ts";
import type { BaselineInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<BaselineInputs, BaselineInputs> = {
  async create(inputs) {
    const { apply } = await import("#providers/baseline/runner.ts");
    await apply(inputs);
    return { id: "baseline", outs: inputs };
  },
  async diff(_id, olds, news) {
    const { changes } = await import("#providers/baseline/runner.ts");
    return changes(olds, news);
  },
  async update(_id, _olds, news) {
    const { apply } = await import("#providers/baseline/runner.ts");
    await apply(news);
    return { outs: news };
  },
  async read(id, props) {
    const { observe } = await import("#providers/baseline/runner.ts");
    return { id, props: await observe(props!) };
  },
};

export type BaselineArgs = {
  [key in Exclude<keyof BaselineInputs, "facts">]: pulumi.Input<BaselineInputs[key]>;
};

/** What only the superuser can do inside the database: extension, schema, what PUBLIC loses, whose it is. */
export class Baseline extends pulumi.dynamic.Resource {
  constructor(name: string, args: BaselineArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args, facts: baselineLines() }, opts, "kilocode", "Baseline");
  }
}
