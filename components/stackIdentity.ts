import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { labels } from "#model/names.ts";

export interface StackIdentityArgs {
  readonly project: string;
  readonly stack: string;
  /**
   * Looks at the engine before anything is created there; it gets the instance's id, or undefined if the stack
   * has none yet, and throws to stop the update.
   */
  readonly preflight: (instance: string | undefined) => Promise<void>;
}

/** Who a stack is: a random id in its state, which every Docker object and the database carry. */
export class StackIdentity extends pulumi.ComponentResource {
  readonly instance: pulumi.Output<string>;
  /** Labels of every Docker object; known only after the preflight has passed. */
  readonly labels: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: StackIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:index:StackIdentity", name, {}, opts);
    const id = new random.RandomId(name, { byteLength: 8 }, { parent: this });
    this.instance = id.hex;
    this.labels = checked(id.hex, args.preflight).apply((instance): Record<string, string> => ({
      [labels.project]: args.project,
      [labels.stack]: args.stack,
      [labels.instance]: instance,
    }));
    this.registerOutputs({ instance: this.instance });
  }
}

/** The preflight also runs in the preview of a stack that has no id yet, where `apply` would not. */
function checked(
  id: pulumi.Output<string>,
  preflight: (instance: string | undefined) => Promise<void>,
): pulumi.Output<string> {
  const { isKnown } = id as unknown as { isKnown: Promise<boolean> };
  const withoutId = isKnown.then((known) => (known ? undefined : preflight(undefined)));
  return pulumi.all([id, withoutId]).apply(async ([instance]) => {
    await preflight(instance);
    return instance;
  });
}
