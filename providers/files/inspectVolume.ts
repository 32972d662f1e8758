import type Docker from "dockerode";
import { differingPlaces } from "#model/textDifference.ts";
import { isNotFound } from "#providers/docker/engine.ts";
import { contentsOf, shownText } from "./contents.ts";
import type { Drift } from "./drift.ts";
import { withHelper } from "./helperContainer.ts";
import { currentVersion, readVolume, type Entry } from "./readVolume.ts";
import type { FilesInputs } from "./runner.ts";

export interface VolumeContent {
  /** The files that are no secrets, as they are now, with marks where a secret belongs. */
  readonly files: Record<string, string>;
  readonly drift: Drift[];
}

/** Compares what is on the volume with what was delivered; never returns a secret. */
export async function inspectVolume(engine: Docker, inputs: FilesInputs): Promise<VolumeContent | undefined> {
  try {
    await engine.getVolume(inputs.volume).inspect();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const entries =
    (await throughService(engine, inputs.volume)) ??
    (await withHelper(engine, inputs, { command: ["/bin/true"], uid: inputs.uid }, (helper) =>
      readVolume(helper),
    ));
  return compare(currentVersion(entries), inputs);
}

/** The running service mounts the volume already: no helper is needed, which halves the time. Undefined without one. */
async function throughService(engine: Docker, volume: string): Promise<Map<string, Entry> | undefined> {
  const [service] = await engine.listContainers({ filters: { volume: [volume], status: ["running"] } });
  const mount = service?.Mounts.find(({ Name }) => Name === volume);
  if (!service || !mount) return undefined;
  try {
    return await readVolume(engine.getContainer(service.Id), mount.Destination);
  } catch (error) {
    // It ended meanwhile.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function compare({ inside, beside }: ReturnType<typeof currentVersion>, inputs: FilesInputs): VolumeContent {
  const files: Record<string, string> = {};
  const drift: Drift[] = [];
  const expected = contentsOf(inputs);
  const folders = new Set(Object.keys(expected).flatMap(foldersOf));
  for (const [path, text] of Object.entries(expected)) {
    const entry = inside.get(path);
    if (!entry) drift.push({ file: path, kind: "missing" });
    else drift.push(...differences(path, entry, { kind: "file", mode: 0o400, uid: inputs.uid, text }));
    if (entry && path in inputs.files) {
      files[path] = entry.kind === "file" ? shownText(path, entry.text, inputs) : `(${entry.kind})`;
    }
  }
  for (const path of folders) {
    const entry = inside.get(path);
    if (!entry) drift.push({ file: path, kind: "missing" });
    else
      drift.push(...differences(path, entry, { kind: "directory", mode: 0o500, uid: inputs.uid, text: "" }));
  }
  for (const path of inside.keys()) {
    if (!(path in expected) && !folders.has(path)) drift.push({ file: path, kind: "extra" });
  }
  return { files, drift: [...drift, ...besideDrift(beside, folders)].sort(byFile) };
}

/** Each top folder is a link through `..data`, and nothing else lies there. */
function besideDrift(beside: ReadonlyMap<string, Entry>, folders: ReadonlySet<string>): Drift[] {
  const top = [...folders].filter((folder) => !folder.includes("/"));
  const links = top.flatMap((folder): Drift[] => {
    const entry = beside.get(folder);
    if (!entry) return [{ file: folder, kind: "missing" }];
    if (entry.kind !== "symlink") return [{ file: folder, kind: "type", found: entry.kind }];
    return entry.text === `..data/${folder}` ? [] : [{ file: folder, kind: "type", found: "link elsewhere" }];
  });
  // Below a folder that took a link's place everything is as strange as the folder itself.
  const strays = [...beside.keys()].filter((path) => !top.includes(path.split("/")[0]!));
  return [...links, ...strays.map((file): Drift => ({ file, kind: "extra" }))];
}

function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function differences(path: string, found: Entry, wanted: Omit<Entry, "gid">): Drift[] {
  if (found.kind !== wanted.kind) return [{ file: path, kind: "type", found: found.kind }];
  const drift: Drift[] = [];
  if (found.text !== wanted.text) drift.push(...contentDrift(path, wanted.text, found.text));
  if (found.mode !== wanted.mode)
    drift.push({ file: path, kind: "mode", found: found.mode.toString(8).padStart(4, "0") });
  if (found.uid !== wanted.uid || found.gid !== wanted.uid)
    drift.push({ file: path, kind: "owner", found: `${found.uid}:${found.gid}` });
  return drift;
}

function contentDrift(path: string, wanted: string, found: string): Drift[] {
  const places = differingPlaces(path, wanted, found);
  if (places.length === 0) return [{ file: path, kind: "content" }];
  return places.map((place) => ({ file: path, kind: "content", place }));
}

function byFile(a: Drift, b: Drift): number {
  const key = ({ file, kind, place }: Drift) => `${file} ${kind} ${place ?? ""}`;
  return key(a) < key(b) ? -1 : 1;
}
