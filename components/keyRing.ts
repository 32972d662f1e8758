import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface KeyRingArgs {
  /** Bytes of each key. */
  readonly bytes: number;
  /** Generation of the active key, which is its id. */
  readonly generation: number;
}

/** Generated keys by id, one of which is active, as the servers read them (`servers/runtime/keyRing.ts`). */
export class KeyRing extends pulumi.ComponentResource {
  /** JSON text: `{"active": id, "keys": {id: base64}}`. */
  readonly text: pulumi.Output<string>;

  constructor(name: string, args: KeyRingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:access:KeyRing", name, {}, opts);
    const id = String(args.generation);
    const key = new random.RandomBytes(`${name}-${id}`, { length: args.bytes }, { parent: this });
    this.text = pulumi.secret(
      key.base64.apply((base64) => JSON.stringify({ active: id, keys: { [id]: base64 } })),
    );
    this.registerOutputs({});
  }
}
