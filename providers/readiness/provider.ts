import type { DynamicProvider } from "#providers/dynamicResource.ts";
import type { ReadinessInputs } from "./runner.ts";

/** Runs in Pulumi's process for dynamic providers; loads what a method needs when it is called. */
export const provider: DynamicProvider<ReadinessInputs> = {
  async create(inputs) {
    const { waitUntilReady } = await import("./runner.ts");
    return { id: await waitUntilReady(inputs), outs: inputs };
  },
  async diff(id, olds, news) {
    const { changes } = await import("./runner.ts");
    return changes(id, olds, news);
  },
  async update(_id, _olds, news) {
    const { waitUntilReady } = await import("./runner.ts");
    await waitUntilReady(news);
    return { outs: news };
  },
  async read(id, props) {
    const { identityNow } = await import("./runner.ts");
    return { id: (await identityNow(props!, 0)) ?? id, props: props! };
  },
};
