import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { ImageInputs } from "./runner.ts";

export type ImageArgs = { [Key in keyof ImageInputs]: pulumi.Input<ImageInputs[Key]> };

/**
 * An image on the engine. Its tag is the hash of its sources, so a preview says exactly when an image changes.
 * Removing the resource keeps the image: other stacks, and the way back, use it.
 */
export class Image extends DynamicResource {
  declare readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.CustomResourceOptions) {
    super("image", "Image", name, args, opts);
  }
}
