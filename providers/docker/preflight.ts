import { existsSync } from "node:fs";
import type Docker from "dockerode";
import { Fault, Faults, type FaultDetails } from "#model/fault.ts";
import type { EngineClaims } from "#model/engineClaims.ts";
import type { Deployment } from "#model/files/rules/deployment.ts";
import { engineFaults } from "#model/files/rules/faults.ts";
import { labels } from "#model/names.ts";
import { dockerEngine, type EngineChoice } from "./engine.ts";
import { resolveDockerEndpoint } from "./endpoint.ts";
import { localListener } from "./localListener.ts";

export interface PreflightInputs extends Omit<EngineClaims, "mounts">, Partial<Pick<EngineClaims, "mounts">> {
  readonly docker: EngineChoice;
  /** What the engine's machine must have room for; default: nobody asks. */
  readonly deployment?: Deployment;
}

/**
 * Looks at the engine before anything is created there and reports all that would fail half-way: no engine,
 * objects of the same name that are not ours, ports in use. Changes nothing.
 *
 * @param instance id of the stack instance; undefined if it has none yet, then no object may exist.
 */
export async function preflight(inputs: PreflightInputs, instance: string | undefined): Promise<void> {
  refuseContext(inputs.docker);
  const engine = dockerEngine(inputs.docker);
  const objects = await engineObjects(engine, inputs);
  const faults: FaultDetails[] = objects
    .filter(({ name }) => inputs.names.includes(name))
    .filter((object) => object.instance === undefined || object.instance !== instance)
    .map((object) => foreign(object, instance));
  faults.push(...absentMounts(objects, inputs));
  const ports = faults.length === 0 ? takenPorts(engine, inputs) : [];
  faults.push(...(await Promise.all([ports, unfit(engine, inputs)])).flat());
  if (faults.length > 0) throw new Faults(faults);
}

/** The Docker plugin knows DOCKER_HOST but no contexts: without this it would work on another engine than we. */
function refuseContext(choice: EngineChoice): void {
  if (choice.host !== undefined || choice.context !== undefined || process.env["DOCKER_HOST"]) return;
  const { url, describe, assumed } = resolveDockerEndpoint(choice, process.env);
  if (assumed) return;
  throw new Fault({
    code: "ENGINE_UNREACHABLE",
    where: describe,
    problem: "Pulumi's Docker plugin does not follow the Docker client's contexts",
    mend: `export DOCKER_HOST=${url}, or \`pulumi config set --path docker.context NAME\`; \`npm run up\` does the first by itself`,
  });
}

interface NamedObject {
  readonly kind: "container" | "network" | "volume";
  readonly name: string;
  readonly instance: string | undefined;
}

async function engineObjects(engine: Docker, inputs: PreflightInputs): Promise<NamedObject[]> {
  const [containers, networks, volumes] = await answered(inputs, () =>
    Promise.all([engine.listContainers({ all: true }), engine.listNetworks(), engine.listVolumes()]),
  );
  return [
    ...containers.map((container) => ({
      kind: "container" as const,
      name: (container.Names[0] ?? "").replace(/^\//, ""),
      instance: container.Labels[labels.instance],
    })),
    ...networks.map((network) => ({
      kind: "network" as const,
      name: network.Name,
      instance: network.Labels?.[labels.instance],
    })),
    ...volumes.Volumes.map((volume) => ({
      kind: "volume" as const,
      name: volume.Name,
      instance: volume.Labels?.[labels.instance],
    })),
  ];
}

/**
 * The engine would make an empty volume of a name that was mistyped, and fails half-way at a folder. Folders can
 * only be seen where the engine is this machine's own.
 */
function absentMounts(objects: readonly NamedObject[], inputs: PreflightInputs): FaultDetails[] {
  const volumes = new Set(objects.filter(({ kind }) => kind === "volume").map(({ name }) => name));
  const { options } = resolveDockerEndpoint(inputs.docker, process.env);
  const seen = options.socketPath !== undefined;
  return Object.entries(inputs.mounts ?? {}).flatMap(([where, source]): FaultDetails[] => {
    const folder = source.startsWith("/");
    if (folder ? !seen || existsSync(source) : volumes.has(source)) return [];
    return [
      {
        code: "MOUNT_MISSING",
        where,
        problem: folder ? `there is no ${source}` : `the engine has no volume ${source}`,
        mend: folder
          ? `\`mkdir -p ${source}\`, or name another folder: \`pulumi config set --path '${where}' PATH\``
          : `\`docker volume create ${source}\`, or name another one (\`docker volume ls\`); a folder begins with /`,
      },
    ];
  });
}

/** @throws Fault ENGINE_UNREACHABLE or ENGINE_PERMISSION instead of a socket error. */
async function answered<T>(inputs: PreflightInputs, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = resolveDockerEndpoint(inputs.docker, process.env).describe;
    if (code === "EACCES" || code === "EPERM") {
      throw new Fault({
        code: "ENGINE_PERMISSION",
        where,
        problem: "the Docker engine's socket exists, and this user may not use it",
        mend: "add the user to the group `docker` (`sudo usermod -aG docker $USER`, then log in again)",
      });
    }
    throw new Fault({
      code: "ENGINE_UNREACHABLE",
      where,
      problem: `no Docker engine answers (${code ?? (error as Error).message})`,
      mend: "start the engine, or point `docker.host` / `docker.context` of the stack or DOCKER_HOST to one; `npm run doctor` shows what was looked at",
    });
  }
}

function foreign(object: NamedObject, instance: string | undefined): FaultDetails {
  const owner =
    object.instance === undefined
      ? "carries no id of a stack instance"
      : `belongs to the stack instance ${object.instance}`;
  const ours = instance === undefined ? "this stack has no instance yet" : `this stack is ${instance}`;
  const remove = {
    container: `docker rm -f ${object.name}`,
    network: `docker network rm ${object.name}`,
    volume: `docker volume rm ${object.name}`,
  }[object.kind];
  return {
    code: "FOREIGN_OBJECT",
    where: `${object.kind} ${object.name}`,
    problem: `it exists on the engine and ${owner}; ${ours}, and touches only what is its own`,
    mend: `use the state that made it, or another stack name; if nobody needs it (its data is lost): \`${remove}\``,
  };
}

async function takenPorts(engine: Docker, inputs: PreflightInputs): Promise<FaultDetails[]> {
  const running = await engine.listContainers();
  const faults: FaultDetails[] = [];
  for (const { port, address, use } of inputs.ports) {
    const holder = running.find((container) =>
      container.Ports.some((published) => published.PublicPort === port && overlaps(published.IP, address)),
    );
    const name = holder?.Names[0]?.replace(/^\//, "");
    if (name !== undefined && inputs.names.includes(name)) continue;
    const by = name === undefined ? await localProgram(inputs, address, port) : `the container ${name}`;
    if (by === undefined) continue;
    faults.push({
      code: "PORT_TAKEN",
      where: `${address}:${port}`,
      problem: `the port for ${use} is in use by ${by}`,
      mend: "stop that, or choose other ports: `pulumi config set --path network.portBase 14000`",
    });
  }
  return faults;
}

/** Limits that the engine's machine could not keep. */
async function unfit(engine: Docker, { deployment }: PreflightInputs): Promise<FaultDetails[]> {
  if (!deployment) return [];
  const { MemTotal } = (await engine.info()) as { readonly MemTotal?: number };
  return engineFaults({ ...deployment, ...(MemTotal ? { engineMemory: MemTotal } : {}) });
}

/** Programs can only be seen where the engine is this machine's own. */
async function localProgram(
  inputs: PreflightInputs,
  address: string,
  port: number,
): Promise<string | undefined> {
  const { options } = resolveDockerEndpoint(inputs.docker, process.env);
  return options.socketPath === undefined ? undefined : localListener(address, port);
}

function overlaps(published: string, wanted: string): boolean {
  const any = ["0.0.0.0", "::"];
  return published === wanted || any.includes(published) || any.includes(wanted);
}
