import { dockerEngine } from "#providers/docker/engine.ts";
import { buildImage } from "#providers/image/build.ts";
import { buildContext, type ImageName } from "#providers/image/context.ts";
import { command } from "#toolchain/command.ts";
import { imageBill } from "#toolchain/sbom/imageBill.ts";
import { setUp } from "#toolchain/session.ts";

// npm run -s sbom -- mcp | postgres | tools: the bill of materials of an image, as CycloneDX on standard output.
await command(async () => {
  const [name] = process.argv.slice(2);
  if (name !== "mcp" && name !== "postgres" && name !== "tools") {
    process.stderr.write("usage: npm run -s sbom -- mcp|postgres|tools\n");
    return 2;
  }
  await setUp("dev");
  const engine = dockerEngine({});
  const reference = `kilocode-mcp-${name satisfies ImageName}:${buildContext(name).hash}`;
  await buildImage(engine, name, reference);
  console.log(JSON.stringify(await imageBill(engine, name, reference), null, 2));
  return 0;
});
