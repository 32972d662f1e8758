import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { buildContext, type ImageName } from "#providers/image/context.ts";
import type { EngineChoice } from "#providers/docker/engine.ts";
import { Image } from "#providers/image/resource.ts";

export interface ServiceImageArgs {
  readonly docker: EngineChoice;
  /** Which image of this project. */
  readonly image: ImageName;
  /** A reference with digest to use instead of a build. Default: built from the repository. */
  readonly reference?: string | undefined;
  /** Base image of a build. Default: Debian trixie, pulled or made by the set-up. */
  readonly base?: string | undefined;
}

/** An image of this project, under a tag that changes exactly when its sources do. */
export class ServiceImage extends pulumi.ComponentResource {
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ServiceImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:docker:ServiceImage", name, {}, opts);
    const image = new Image(
      name,
      {
        docker: args.docker,
        name: args.image,
        reference: args.reference ?? `kilocode-mcp-${args.image}:${sourcesHash(args)}`,
        origin: args.reference === undefined ? "repository" : "registry",
        base: args.base ?? "",
      },
      { parent: this },
    );
    this.reference = image.reference;
    this.registerOutputs({ reference: this.reference });
  }
}

function sourcesHash({ image, base }: ServiceImageArgs): string {
  const { hash } = buildContext(image);
  if (base === undefined) return hash;
  return createHash("sha256").update(`${hash} ${base}`).digest("hex").slice(0, 16);
}
