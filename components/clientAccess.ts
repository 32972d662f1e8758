import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Clients } from "#providers/clients/resource.ts";
import type { Connection } from "#providers/database/connect.ts";

export interface ClientAccessArgs {
  /** Login that writes users and keys. */
  readonly connection: pulumi.Input<Connection>;
  readonly systemIdentifier: pulumi.Input<string>;
  readonly clients: Record<string, { role: string; servers: readonly string[]; expires?: string }>;
  /** Generation of the keys. */
  readonly generation: number;
  /** What destroys the rows with it, so that no SQL is needed then; undefined where data is protected. */
  readonly deletedWith?: pulumi.Resource | undefined;
}

/** Service accounts of MCP clients, and a generated API key for each; the database gets only hashes. */
export class ClientAccess extends pulumi.ComponentResource {
  /** Client to key; known only when the database accepts it. */
  readonly apiKeys: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: ClientAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:access:ClientAccess", name, {}, opts);
    const keys = Object.fromEntries(
      Object.keys(args.clients).map((client) => [client, this.apiKey(name, client, args.generation)]),
    );
    const provisioned = new Clients(
      name,
      {
        connection: args.connection,
        clients: args.clients,
        keys: pulumi.secret(
          pulumi
            .output(keys)
            .apply((all) =>
              Object.fromEntries(
                Object.entries(all).map(([client, key]) => [
                  client,
                  { keyId: `${client}.${args.generation}`, prefix: key.slice(0, 8), hash: sha256(key) },
                ]),
              ),
            ),
        ),
        systemIdentifier: args.systemIdentifier,
      },
      { parent: this, ...(args.deletedWith ? { deletedWith: args.deletedWith } : {}) },
    );
    this.apiKeys = pulumi.secret(pulumi.all([keys, provisioned.id]).apply(([all]) => all));
    this.registerOutputs({});
  }

  private apiKey(name: string, client: string, generation: number): pulumi.Output<string> {
    const secret = new random.RandomPassword(
      `${name}-${client}-${generation}`,
      { length: 32, special: false },
      { parent: this },
    );
    return pulumi.secret(pulumi.interpolate`kcp_${secret.result}`);
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
