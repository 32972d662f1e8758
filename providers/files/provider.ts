import type { DynamicProvider } from "#providers/dynamicResource.ts";
import type { FilesInputs, FilesState } from "./runner.ts";

/** Runs in Pulumi's process for dynamic providers; loads what a method needs when it is called. */
export const provider: DynamicProvider<FilesInputs, FilesState> = {
  async create(inputs) {
    const { deliverFiles } = await import("./runner.ts");
    return { id: inputs.volume, outs: await deliverFiles(inputs) };
  },
  async diff(_id, olds, news) {
    const { filesDiffer } = await import("./changes.ts");
    return { changes: filesDiffer(olds, news) };
  },
  async update(_id, _olds, news) {
    const { deliverFiles } = await import("./runner.ts");
    return { outs: await deliverFiles(news) };
  },
  async read(id, state) {
    const { readFiles } = await import("./runner.ts");
    const props = state && (await readFiles(state));
    return props ? { id, props } : { id: "" };
  },
};
