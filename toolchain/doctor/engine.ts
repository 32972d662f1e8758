import { Fault } from "#model/fault.ts";
import type { DockerEndpoint } from "#providers/docker/endpoint.ts";
import { baseImage, hasBaseImage } from "../baseImage.ts";
import { askEngine, endpointOf, requireAnswer } from "../dockerEngine.ts";
import { dockerChoice } from "../session.ts";
import { fail, ok, warn, type Check } from "./check.ts";

/** The oldest engine API that everything was tried with. */
const leastApi = 1.41;

/** Whether the Docker engine of the stack answers, and what it has. */
export async function engineChecks(stack: string): Promise<Check[]> {
  let endpoint: DockerEndpoint;
  try {
    endpoint = endpointOf(dockerChoice(stack));
    const engine = await askEngine(endpoint);
    requireAnswer(endpoint, engine);
    if (engine.state !== "answers") return [];
    const found = `${engine.version}, API ${engine.apiVersion}, at ${endpoint.describe}`;
    const old = Number(engine.apiVersion) < leastApi;
    const answers = old
      ? warn("engine", "Docker engine", found, `use an engine with API ${leastApi} or newer (Docker 20.10)`)
      : ok("engine", "Docker engine", found);
    return [answers, await base(endpoint)];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const where = error.where === undefined ? "" : `${error.where}: `;
    return [fail("engine", "Docker engine", `${where}${error.problem}`, error.mend)];
  }
}

async function base(endpoint: DockerEndpoint): Promise<Check> {
  if (await hasBaseImage(endpoint)) return ok("engine", "base image", baseImage);
  return warn("engine", "base image", `${baseImage} is missing`, "npm run up (pulls or makes it)");
}
