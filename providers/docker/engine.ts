import Docker from "dockerode";
import { resolveDockerEndpoint } from "./endpoint.ts";

/** Which engine a stack uses, as its configuration says; empty means: as the Docker client would. */
export interface EngineChoice {
  readonly host?: string;
  readonly context?: string;
}

/**
 * A client for the engine of a stack. The address is resolved on every call and never becomes part of a
 * resource, so that a stack can be used from another machine.
 */
export function dockerEngine(choice: EngineChoice): Docker {
  return new Docker(resolveDockerEndpoint(choice, process.env).options);
}

/** True for the engine's answer "there is no such object". */
export function isNotFound(error: unknown): boolean {
  return (error as { statusCode?: number } | undefined)?.statusCode === 404;
}
