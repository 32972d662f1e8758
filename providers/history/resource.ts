import * as pulumi from "@pulumi/pulumi";
import type { HistoryInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<HistoryInputs, HistoryInputs> = {
  async create(inputs) {
    const { record } = await import("#providers/history/runner.ts");
    await record(inputs);
    return { id: "history", outs: inputs };
  },
  async diff(_id, olds, news) {
    const { changes } = await import("#providers/history/runner.ts");
    return changes(olds, news);
  },
  async update(_id, _olds, news) {
    const { record } = await import("#providers/history/runner.ts");
    await record(news);
    return { outs: news };
  },
  async read(id, props) {
    const { observe } = await import("#providers/history/runner.ts");
    return { id, props: await observe(props!) };
  },
};

export type HistoryArgs = { [Key in keyof HistoryInputs]: pulumi.Input<HistoryInputs[Key]> };

/**
 * The delivered files as rows of `configuration_files`. The database keeps every version. Removing the resource
 * keeps the rows: what was in force once remains known.
 */
export class History extends pulumi.dynamic.Resource {
  constructor(name: string, args: HistoryArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, args, opts, "kilocode", "History");
  }
}
