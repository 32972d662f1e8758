import * as pulumi from "@pulumi/pulumi";
import type { PidsLimitInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<PidsLimitInputs, PidsLimitInputs> = {
  async create(inputs) {
    const { limitPids } = await import("#providers/pids/runner.ts");
    await limitPids(inputs);
    return { id: inputs.container, outs: inputs };
  },
  diff(_id, olds, news) {
    return Promise.resolve({ changes: olds.container !== news.container || olds.limit !== news.limit });
  },
  async update(_id, _olds, news) {
    const { limitPids } = await import("#providers/pids/runner.ts");
    await limitPids(news);
    return { outs: news };
  },
  async read(id, props) {
    const { readPidsLimit } = await import("#providers/pids/runner.ts");
    const limit = props && (await readPidsLimit(props));
    return props && limit !== undefined ? { id, props: { ...props, limit } } : { id: "" };
  },
};

export type PidsLimitArgs = { [Key in keyof PidsLimitInputs]: pulumi.Input<PidsLimitInputs[Key]> };

/** The process limit of a container, which the Docker provider's Container has no argument for. */
export class PidsLimit extends pulumi.dynamic.Resource {
  constructor(name: string, args: PidsLimitArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, args, opts, "kilocode", "PidsLimit");
  }
}
