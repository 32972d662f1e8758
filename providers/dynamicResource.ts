import * as pulumi from "@pulumi/pulumi";

/** What a folder of `providers/` exports as `provider` from its `provider.ts`. Removing is left to what it is in. */
export type DynamicProvider<Inputs, State = Inputs> = Required<
  Pick<pulumi.dynamic.ResourceProvider<Inputs, State>, "create" | "diff" | "update" | "read">
>;

/**
 * A resource that code of this project manages, in the process that Pulumi starts for dynamic providers.
 *
 * The SDK's own `dynamic.Resource` writes the provider's code, closures and all, into the state and parses it for
 * that in every run (half a second, and whatever a closure captures is there in clear). Here the state holds
 * one line that loads the module; the protocol is the SDK's (`cmd/dynamic-provider`).
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param folder the folder below `providers/`
   * @param type last part of the type token; identity, like the logical name
   */
  constructor(
    folder: string,
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions | undefined,
  ) {
    super(`pulumi-nodejs:dynamic/kilocode:${type}`, name, { ...props, __provider: loader(folder) }, opts);
  }
}

function loader(folder: string): string {
  const methods = ["create", "diff", "update", "read"].map(
    (method) => `${method}: async (...args) => (await provider()).${method}(...args)`,
  );
  return `exports.handler = () => {
  const provider = async () => (await import("#providers/${folder}/provider.ts")).provider;
  return { ${methods.join(", ")} };
};
`;
}
