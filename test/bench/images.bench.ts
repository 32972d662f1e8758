import { dockerEngine } from "#providers/docker/engine.ts";
import { buildImage } from "#providers/image/build.ts";
import { buildContext } from "#providers/image/context.ts";
import { imageBill } from "#toolchain/sbom/imageBill.ts";

// How large each image is and of how much it consists; docs/images.md has the figures of the last look.
const engine = dockerEngine({});
console.log("Images");
for (const name of ["mcp", "postgres", "tools"] as const) {
  const reference = `kilocode-mcp-${name}:${buildContext(name).hash}`;
  await buildImage(engine, name, reference);
  const { Size: bytes } = await engine.getImage(reference).inspect();
  const { components } = await imageBill(engine, name, reference);
  const kinds = ["npm", "deb"].map((kind) => {
    const count = components.filter(({ purl }) => purl.startsWith(`pkg:${kind}/`)).length;
    return `${count} ${kind}`;
  });
  console.log(`  ${name.padEnd(10)} ${(bytes / 1e6).toFixed(1)} MB; packages: ${kinds.join(", ")}`);
}
