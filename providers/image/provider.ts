import type { DynamicProvider } from "#providers/dynamicResource.ts";
import type { ImageInputs } from "./runner.ts";

/** Runs in Pulumi's process for dynamic providers; loads what a method needs when it is called. */
export const provider: DynamicProvider<ImageInputs> = {
  async create(inputs) {
    const { provideImage } = await import("./runner.ts");
    await provideImage(inputs);
    return { id: inputs.reference, outs: inputs };
  },
  diff(_id, olds, news) {
    return Promise.resolve({ changes: olds.reference !== news.reference || olds.origin !== news.origin });
  },
  async update(_id, _olds, news) {
    const { provideImage } = await import("./runner.ts");
    await provideImage(news);
    return { outs: news };
  },
  async read(id, props) {
    const { imageExists } = await import("./runner.ts");
    if (!props || !(await imageExists(props))) return { id: "" };
    return { id, props };
  },
};
