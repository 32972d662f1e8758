import { dockerEngine, isNotFound, type EngineChoice } from "#providers/docker/engine.ts";

export interface PidsLimitInputs {
  readonly docker: EngineChoice;
  /** Id of the container; a new container gets the limit anew. */
  readonly container: string;
  /** Most processes and threads that may exist in the container at once. */
  readonly limit: number;
}

/** Sets the limit on a running container; the engine keeps it across restarts. */
export async function limitPids(inputs: PidsLimitInputs): Promise<void> {
  await dockerEngine(inputs.docker).getContainer(inputs.container).update({ PidsLimit: inputs.limit });
}

/** The limit in force; undefined if the container is gone. */
export async function readPidsLimit(inputs: PidsLimitInputs): Promise<number | undefined> {
  try {
    const container = await dockerEngine(inputs.docker).getContainer(inputs.container).inspect();
    return container.HostConfig.PidsLimit ?? 0;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
