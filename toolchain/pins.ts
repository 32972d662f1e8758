import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout this module belongs to. */
export const projectRoot = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Engine and npm SDK have the same version: state and protocol are shared. */
export const pulumiVersion = "3.251.0";

export interface Binary {
  /** File name of the program. */
  readonly name: string;
  /** Folder below toolchain/go that holds its module. */
  readonly module: string;
  /** Package to build, as seen from that folder. */
  readonly target: string;
  readonly tags: string;
  /** Linker settings of the form `package.variable=value`. */
  readonly set: string;
  /** Only for provider plugins: name and version under which Pulumi looks for it. */
  readonly plugin?: { readonly name: string; readonly version: string };
}

const engineTags = "osusergo,grpcnotrace";
const engineSet = `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`;

/** Everything that is built, biggest first: the first to fail is then the one that takes longest to reach. */
export function binaries(): readonly Binary[] {
  return [
    {
      name: "pulumi",
      module: "engine",
      target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      tags: engineTags,
      set: engineSet,
    },
    {
      name: "pulumi-language-nodejs",
      module: "nodejs-host",
      target: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      tags: engineTags,
      set: engineSet,
    },
    plugin("docker", "no_compose"),
    plugin("random"),
    plugin("tls"),
    plugin("postgresql"),
  ];
}

/** A plugin carries the version of its npm package, which is the version Pulumi asks for. */
function plugin(name: string, tags = ""): Binary {
  const version = installedVersion(`@pulumi/${name}`);
  return {
    name: `pulumi-resource-${name}`,
    module: name,
    target: ".",
    tags,
    set: `main.version=${version}`,
    plugin: { name, version },
  };
}

function installedVersion(npmPackage: string): string {
  const manifest = path.join(projectRoot, "package.json");
  const { dependencies } = JSON.parse(fs.readFileSync(manifest, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const version = dependencies[npmPackage];
  if (version === undefined) throw new Error(`${npmPackage} is not among the dependencies in ${manifest}`);
  return version;
}
