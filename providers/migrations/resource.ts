import * as pulumi from "@pulumi/pulumi";
import type { MigrationsInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<MigrationsInputs, MigrationsInputs> = {
  async create(inputs) {
    const { apply } = await import("#providers/migrations/runner.ts");
    await apply(inputs);
    return { id: "migrations", outs: inputs };
  },
  async diff(_id, olds, news) {
    const { changes } = await import("#providers/migrations/runner.ts");
    return changes(olds, news);
  },
  async update(_id, _olds, news) {
    const { apply } = await import("#providers/migrations/runner.ts");
    await apply(news);
    return { outs: news };
  },
  async read(id, props) {
    const { observe } = await import("#providers/migrations/runner.ts");
    return { id, props: await observe(props!) };
  },
};

export type MigrationsArgs = { [key in keyof MigrationsInputs]: pulumi.Input<MigrationsInputs[key]> };

/** The schema. A preview lists the migrations that will run; removing the resource leaves the schema alone. */
export class Migrations extends pulumi.dynamic.Resource {
  constructor(name: string, args: MigrationsArgs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, args, opts, "kilocode", "Migrations");
  }
}
