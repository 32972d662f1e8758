import * as pulumi from "@pulumi/pulumi";
import type { ClientsInputs } from "./runner.ts";

const provider: pulumi.dynamic.ResourceProvider<ClientsInputs, ClientsInputs> = {
  async create(inputs) {
    const { apply } = await import("#providers/clients/runner.ts");
    await apply(inputs);
    return { id: "clients", outs: inputs };
  },
  async diff(_id, olds, news) {
    const { changes } = await import("#providers/clients/runner.ts");
    return changes(olds, news);
  },
  async update(_id, _olds, news) {
    const { apply } = await import("#providers/clients/runner.ts");
    await apply(news);
    return { outs: news };
  },
  async read(id, props) {
    const { observe } = await import("#providers/clients/runner.ts");
    return { id, props: await observe(props!) };
  },
};

/** The accounts and API keys of the stack's MCP clients: rows in `users` and `api_keys`. */
export class Clients extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: { [key in keyof ClientsInputs]: pulumi.Input<ClientsInputs[key]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, args, opts, "kilocode", "Clients");
  }
}
