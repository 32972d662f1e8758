import fs from "node:fs";
import path from "node:path";
import Docker from "dockerode";
import { Fault } from "#model/fault.ts";
import { resolveDockerEndpoint, type DockerChoice, type DockerEndpoint } from "#providers/docker/endpoint.ts";

export type EngineState =
  | { readonly state: "answers"; readonly version: string; readonly apiVersion: string; readonly os: string }
  | { readonly state: "unreachable" | "denied"; readonly detail: string };

/** Asks the engine for its version and waits at most `seconds`. */
export async function askEngine(endpoint: DockerEndpoint, seconds = 10): Promise<EngineState> {
  const docker = new Docker(endpoint.options);
  const abortSignal = AbortSignal.timeout(seconds * 1000);
  try {
    // The types do not know the option, the library does.
    const ask = docker.version.bind(docker) as (options?: object) => Promise<Docker.DockerVersion>;
    // Over ssh the library may hang in the handshake, where it does not listen to the signal.
    const late = new Promise<never>((_, reject) => {
      abortSignal.addEventListener("abort", () => reject(new Error(`no answer within ${seconds} s`)));
    });
    const version = await Promise.race([ask({ abortSignal }), late]);
    return { state: "answers", version: version.Version, apiVersion: version.ApiVersion, os: version.Os };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return { state: "denied", detail: code };
    return { state: "unreachable", detail: code ?? (message === "" ? String(error) : message) };
  }
}

/** @throws Fault ENGINE_PERMISSION or ENGINE_UNREACHABLE unless the engine answers. */
export function requireAnswer(endpoint: DockerEndpoint, engine: EngineState): void {
  if (engine.state === "answers") return;
  if (engine.state === "denied") {
    throw new Fault({
      code: "ENGINE_PERMISSION",
      where: endpoint.describe,
      problem: "the Docker engine's socket exists, but this user may not use it",
      mend: "add the user to the socket's group (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine",
    });
  }
  throw new Fault({
    code: "ENGINE_UNREACHABLE",
    where: endpoint.describe,
    problem: `no Docker engine answers (${engine.detail})`,
    mend: mendFor(endpoint),
  });
}

function mendFor(endpoint: DockerEndpoint): string {
  if (endpoint.url.startsWith("unix:")) {
    const podman = podmanSocket(process.env);
    if (endpoint.assumed && podman !== undefined) {
      return `podman answers at another place: \`export DOCKER_HOST=unix://${podman}\``;
    }
    return "start it (`sudo systemctl start docker`), install it (https://docs.docker.com/engine/install/), or point DOCKER_HOST or `docker context use` to another one";
  }
  return "check the address and that the engine runs there, or choose another with DOCKER_HOST or `docker context use`";
}

/** A podman service socket, if there is one: then the machine has an engine that only needs to be named. */
export function podmanSocket(env: NodeJS.ProcessEnv): string | undefined {
  const runtime = env.XDG_RUNTIME_DIR;
  const candidates = ["/run/podman/podman.sock"];
  if (runtime !== undefined && runtime !== "") candidates.push(path.join(runtime, "podman", "podman.sock"));
  return candidates.find((socket) => fs.existsSync(socket));
}

/** True if somebody has decided on an engine: then none is installed beside it. */
export function engineIsChosen(endpoint: DockerEndpoint, env: NodeJS.ProcessEnv): boolean {
  const named = [env.CONTAINER_HOST, env.CONTAINER_CONNECTION].some(
    (value) => value !== undefined && value !== "",
  );
  return !endpoint.assumed || named || podmanSocket(env) !== undefined;
}

export function endpointOf(choice: DockerChoice, env: NodeJS.ProcessEnv = process.env): DockerEndpoint {
  return resolveDockerEndpoint(choice, env);
}
