import type { DynamicProvider } from "#providers/dynamicResource.ts";
import { driftSentence } from "./drift.ts";
import type { FilesInputs, FilesState } from "./runner.ts";

/** Runs in Pulumi's process for dynamic providers; loads what a method needs when it is called. */
export const provider: DynamicProvider<FilesInputs, FilesState> = {
  async create(inputs) {
    const { deliverFiles } = await import("./runner.ts");
    return { id: inputs.volume, outs: await deliverFiles(inputs) };
  },
  async diff(_id, olds, news) {
    const { filesDiffer } = await import("./changes.ts");
    if (filesDiffer(olds, news)) return { changes: true };
    const { driftNow } = await import("./runner.ts");
    const drift = await driftNow(olds);
    // Pulumi has no place for the reason of a change that no input shows.
    for (const item of drift) console.log(`${olds.volume}: ${driftSentence(item)}`);
    return { changes: drift.length > 0 };
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
