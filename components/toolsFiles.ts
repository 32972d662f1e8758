import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { FilesVolume } from "#components/filesVolume.ts";
import { ServiceImage } from "#components/serviceImage.ts";
import { serviceUids } from "#model/names.ts";
import type { Settings } from "#settings/settings.ts";

export interface ToolsFilesArgs {
  readonly settings: Pick<Settings, "docker" | "images" | "rotation">;
  readonly prefix: string;
  readonly labels: pulumi.Input<Record<string, string>>;
  /** All rendered files by name; `.env` holds marks. */
  readonly files: Readonly<Record<string, string>>;
  /** PEM bundle by which the shell knows database and servers. */
  readonly caBundle: pulumi.Input<string>;
  /** Password of the read-write login. */
  readonly databasePassword: pulumi.Input<string>;
  /** Key of the client that scripts are. */
  readonly apiKey: pulumi.Input<string>;
}

/**
 * What a shell beside the stack needs: its image, and a volume with every rendered file, `.env` included, that no
 * server mounts. The container itself is made on demand (`npm run tools`).
 */
export class ToolsFiles extends pulumi.ComponentResource {
  readonly contents: FilesVolume;
  readonly image: pulumi.Output<string>;

  constructor(name: string, args: ToolsFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:tools:ToolsFiles", name, {}, opts);
    const { docker, images, rotation } = args.settings;
    const image = new ServiceImage(
      name,
      { docker, image: "tools", reference: images.tools, base: images.base },
      { parent: this },
    );
    this.image = image.reference;
    this.contents = new FilesVolume(
      `${name}-files`,
      {
        docker,
        volume: `${args.prefix}-tools-files`,
        labels: args.labels,
        image: image.reference,
        uid: serviceUids.tools,
        files: pulumi
          .output(args.caBundle)
          .apply((bundle) => ({ ...belowMount(args.files), "ssl/ca.crt": bundle })),
        secrets: {},
        fillings: {
          "database-password": args.databasePassword,
          "api-key": args.apiKey,
          "jwt-secret": this.generated(`${name}-jwt`, rotation.jwt),
          "encryption-key": this.generated(`${name}-encryption`, rotation.encryption),
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  private generated(name: string, generation: number): pulumi.Output<string> {
    const secret = new random.RandomPassword(
      `${name}-${generation}`,
      { length: 64, special: false },
      { parent: this },
    );
    return secret.result;
  }
}

function belowMount(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`mcp/${name}`, text]));
}
