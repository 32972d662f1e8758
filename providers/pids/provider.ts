import type { DynamicProvider } from "#providers/dynamicResource.ts";
import type { PidsLimitInputs } from "./runner.ts";

/** Runs in Pulumi's process for dynamic providers; loads what a method needs when it is called. */
export const provider: DynamicProvider<PidsLimitInputs> = {
  async create(inputs) {
    const { limitPids } = await import("./runner.ts");
    await limitPids(inputs);
    return { id: inputs.container, outs: inputs };
  },
  diff(_id, olds, news) {
    return Promise.resolve({ changes: olds.container !== news.container || olds.limit !== news.limit });
  },
  async update(_id, _olds, news) {
    const { limitPids } = await import("./runner.ts");
    await limitPids(news);
    return { outs: news };
  },
  async read(id, props) {
    const { readPidsLimit } = await import("./runner.ts");
    const limit = props && (await readPidsLimit(props));
    return props && limit !== undefined ? { id, props: { ...props, limit } } : { id: "" };
  },
};
