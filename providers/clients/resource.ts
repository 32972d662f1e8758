import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "#providers/dynamicResource.ts";
import type { ClientsInputs } from "./runner.ts";

/** The accounts and API keys of the stack's MCP clients: rows in `users` and `api_keys`. */
export class Clients extends DynamicResource {
  constructor(
    name: string,
    args: { [key in keyof ClientsInputs]: pulumi.Input<ClientsInputs[key]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super("clients", "Clients", name, args, opts);
  }
}
