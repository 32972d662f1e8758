import type * as pulumi from "@pulumi/pulumi";
import type { DynamicProvider } from "./dynamicResource.ts";

/** What a step inside the database consists of; a step is never replaced and leaves its work when it is removed. */
interface StepRunner<Inputs> {
  /** Brings about what the inputs say; again without effect if it is so already. */
  apply(inputs: Inputs): Promise<unknown>;
  changes(olds: Inputs, news: Inputs): pulumi.dynamic.DiffResult | Promise<pulumi.dynamic.DiffResult>;
  /** The inputs as the database has them now. */
  observe(inputs: Inputs): Promise<Inputs>;
}

/** @param load loads the step's code when a method is called. */
export function databaseStep<Inputs>(
  id: string,
  load: () => Promise<StepRunner<Inputs>>,
): DynamicProvider<Inputs> {
  return {
    async create(inputs) {
      await (await load()).apply(inputs);
      return { id, outs: inputs };
    },
    async diff(_id, olds, news) {
      return (await load()).changes(olds, news);
    },
    async update(_id, _olds, news) {
      await (await load()).apply(news);
      return { outs: news };
    },
    async read(known, props) {
      return { id: known, props: await (await load()).observe(props!) };
    },
  };
}
