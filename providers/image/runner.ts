import { dockerEngine, type EngineChoice } from "#providers/docker/engine.ts";
import { buildImage, hasImage, pullImage } from "./build.ts";
import type { ImageName } from "./context.ts";

export interface ImageInputs {
  readonly docker: EngineChoice;
  readonly name: ImageName;
  /** What the engine knows the image by: a tag that is the hash of its sources, or a reference with digest. */
  readonly reference: string;
  /** Built here, or pulled. */
  readonly origin: "repository" | "registry";
  /** Reference of the base image of a build; empty: Debian trixie, as the set-up provides it. */
  readonly base: string;
}

/** Makes the engine hold the image. */
export async function provideImage(inputs: ImageInputs): Promise<void> {
  const engine = dockerEngine(inputs.docker);
  if (inputs.origin === "registry") await pullImage(engine, inputs.reference);
  else await buildImage(engine, inputs.name, inputs.reference, inputs.base);
}

/** False if somebody removed the image from the engine. */
export async function imageExists(inputs: ImageInputs): Promise<boolean> {
  return hasImage(dockerEngine(inputs.docker), inputs.reference);
}
