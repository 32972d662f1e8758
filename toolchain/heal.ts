import Docker from "dockerode";
import { resolveDockerEndpoint } from "#providers/docker/endpoint.ts";
import { isNotFound } from "#providers/docker/engine.ts";
import { readDeployment, type EngineObject } from "./deployment.ts";
import { step } from "./progress.ts";
import { dockerChoice, pulumiCapture, type Session } from "./session.ts";

/**
 * Tells Pulumi which containers and networks somebody removed or stopped, so that the update that follows makes
 * them anew. Only these are refreshed: what lies inside the database cannot be read while its container is gone.
 */
export async function noticeLosses(session: Session): Promise<void> {
  const deployment = await readDeployment(session);
  const objects = deployment?.engineObjects ?? [];
  if (objects.length === 0) return;
  const engine = new Docker(resolveDockerEndpoint(dockerChoice(session.stack), process.env).options);
  const states = await Promise.all(objects.map((object) => isThere(engine, object)));
  const lost = objects.filter((_, index) => states[index] === false);
  if (lost.length === 0) return;
  const targets = lost.flatMap(({ urn }) => ["--target", urn]);
  await step(`Noticing ${lost.length} container(s) or network(s) that are gone or stopped`, async () => {
    const args = ["refresh", "--yes", "--skip-preview", "--stack", session.stack, ...targets];
    const { code, stderr, stdout } = await pulumiCapture(session, args);
    if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  });
}

async function isThere(engine: Docker, { kind, id }: EngineObject): Promise<boolean> {
  try {
    if (kind === "network") return Boolean(await engine.getNetwork(id).inspect());
    return (await engine.getContainer(id).inspect()).State.Running;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
