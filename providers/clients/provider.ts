import type { DynamicProvider } from "#providers/dynamicResource.ts";
import type { ClientsInputs } from "./runner.ts";

/** Runs in Pulumi's process for dynamic providers; loads what a method needs when it is called. */
export const provider: DynamicProvider<ClientsInputs> = {
  async create(inputs) {
    const { apply } = await import("./runner.ts");
    await apply(inputs);
    return { id: "clients", outs: inputs };
  },
  async diff(_id, olds, news) {
    const { changes } = await import("./runner.ts");
    return changes(olds, news);
  },
  async update(_id, _olds, news) {
    const { apply } = await import("./runner.ts");
    await apply(news);
    return { outs: news };
  },
  async read(id, props) {
    const { observe } = await import("./runner.ts");
    return { id, props: await observe(props!) };
  },
};
