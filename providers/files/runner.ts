import { dockerEngine, type EngineChoice } from "#providers/docker/engine.ts";
import { deliver } from "./deliver.ts";
import type { Drift } from "./drift.ts";
import { inspectVolume } from "./inspectVolume.ts";

/** The files of one service. Paths are relative to the mount point and have at least one folder. */
export interface FilesInputs {
  readonly docker: EngineChoice;
  /** Name of the service's files volume. */
  readonly volume: string;
  /** Any image with `/bin/sh`, `mv`, `ln` and `rm`; the service's own, so that nothing else is needed. */
  readonly image: string;
  /** Labels of the short-lived helper container. */
  readonly labels: Record<string, string>;
  /** Owner (uid = gid) of every file; mode is 0400. */
  readonly uid: number;
  /** Texts that may be shown, with references where a secret belongs. */
  readonly files: Record<string, string>;
  /** Texts that must not be shown, one secret in each. */
  readonly secrets: Record<string, string>;
  /** Secrets by the names that marks in `.env` have; all other files refer to a file for each secret. */
  readonly fillings?: Record<string, string>;
  /** Command that judges the new files before they take effect; `{files}` stands for their folder. */
  readonly check: string[];
  /** Container and signal that make a running service take the files up; without: the service polls. */
  readonly reload: { readonly container: string; readonly signal: string } | null;
}

export interface FilesState extends FilesInputs {
  /** What a refresh found on the volume that is not as delivered; empty otherwise. */
  readonly drift: Drift[];
}

/** Writes a new version of all files beside the old one and switches to it in one rename. */
export async function deliverFiles(inputs: FilesInputs): Promise<FilesState> {
  const engine = dockerEngine(inputs.docker);
  await deliver(engine, inputs);
  if (inputs.reload) await signal(engine, inputs.reload.container, inputs.reload.signal);
  return { ...inputs, drift: [] };
}

/** What the volume really holds; undefined if there is no such volume. */
export async function readFiles(state: FilesState): Promise<FilesState | undefined> {
  const found = await inspectVolume(dockerEngine(state.docker), state);
  return found && { ...state, files: found.files, drift: found.drift };
}

/**
 * What is not as it was left, also in a run that does not refresh: an update then delivers anew. Nothing is found
 * where nothing can be looked at (no engine, no volume).
 */
export async function driftNow(state: FilesState): Promise<Drift[]> {
  try {
    return (await inspectVolume(dockerEngine(state.docker), state))?.drift ?? [];
  } catch {
    return [];
  }
}

async function signal(
  engine: ReturnType<typeof dockerEngine>,
  container: string,
  name: string,
): Promise<void> {
  const [running] = await engine.listContainers({
    filters: { name: [`^/${container}$`], status: ["running"] },
  });
  if (running) await engine.getContainer(running.Id).kill({ signal: name });
}
