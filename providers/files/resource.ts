import * as pulumi from "@pulumi/pulumi";
import type { Drift } from "./drift.ts";
import type { FilesInputs, FilesState } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<FilesInputs, FilesState> = {
  async create(inputs) {
    const { deliverFiles } = await import("#providers/files/runner.ts");
    return { id: inputs.volume, outs: await deliverFiles(inputs) };
  },
  async diff(_id, olds, news) {
    const { filesDiffer } = await import("#providers/files/runner.ts");
    return { changes: filesDiffer(olds, news) };
  },
  async update(_id, _olds, news) {
    const { deliverFiles } = await import("#providers/files/runner.ts");
    return { outs: await deliverFiles(news) };
  },
  async read(id, state) {
    const { readFiles } = await import("#providers/files/runner.ts");
    const props = state && (await readFiles(state));
    return props ? { id, props } : { id: "" };
  },
};

export type FilesArgs = { [Key in keyof FilesInputs]: pulumi.Input<FilesInputs[Key]> };

/**
 * The files of one service on its volume. Text and secrets are separate inputs that meet only in the provider,
 * so that a preview shows what changes in a text and `[secret]` for a secret. All files change at once.
 */
export class Files extends pulumi.dynamic.Resource {
  /** What a refresh found changed by hand. */
  declare readonly drift: pulumi.Output<Drift[]>;

  constructor(name: string, args: FilesArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args, drift: undefined }, opts, "kilocode", "Files");
  }
}
