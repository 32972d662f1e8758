import * as pulumi from "@pulumi/pulumi";
import type { ImageInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<ImageInputs, ImageInputs> = {
  async create(inputs) {
    const { provideImage } = await import("#providers/image/runner.ts");
    await provideImage(inputs);
    return { id: inputs.reference, outs: inputs };
  },
  diff(_id, olds, news) {
    return Promise.resolve({ changes: olds.reference !== news.reference || olds.origin !== news.origin });
  },
  async update(_id, _olds, news) {
    const { provideImage } = await import("#providers/image/runner.ts");
    await provideImage(news);
    return { outs: news };
  },
  async read(id, props) {
    const { imageExists } = await import("#providers/image/runner.ts");
    if (!props || !(await imageExists(props))) return { id: "" };
    return { id, props };
  },
};

export type ImageArgs = { [Key in keyof ImageInputs]: pulumi.Input<ImageInputs[Key]> };

/**
 * An image on the engine. Its tag is the hash of its sources, so a preview says exactly when an image changes.
 * Removing the resource keeps the image: other stacks, and the way back, use it.
 */
export class Image extends pulumi.dynamic.Resource {
  declare readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, args, opts, "kilocode", "Image");
  }
}
