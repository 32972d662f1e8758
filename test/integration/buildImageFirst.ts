import { dockerEngine } from "#providers/docker/engine.ts";
import { buildImage } from "#providers/image/build.ts";
import { postgresImage } from "./postgresServer.ts";

/** Called by mocha once, before the first of the files that run side by side. */
export async function mochaGlobalSetup(): Promise<void> {
  await buildImage(dockerEngine({}), "postgres", postgresImage());
}
