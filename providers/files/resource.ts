import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { Drift } from "./drift.ts";
import type { FilesInputs } from "./runner.ts";

export type FilesArgs = { [Key in keyof FilesInputs]: pulumi.Input<FilesInputs[Key]> };

/**
 * The files of one service on its volume. Text and secrets are separate inputs that meet only in the provider,
 * so that a preview shows what changes in a text and `[secret]` for a secret. All files change at once.
 */
export class Files extends DynamicResource {
  /** What a refresh found changed by hand. */
  declare readonly drift: pulumi.Output<Drift[]>;

  constructor(name: string, args: FilesArgs, opts?: pulumi.CustomResourceOptions) {
    super("files", "Files", name, { ...args, drift: undefined }, opts);
  }
}
