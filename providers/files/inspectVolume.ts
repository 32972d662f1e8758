import type Docker from "dockerode";
import { extract } from "tar-stream";
import { isNotFound } from "#providers/docker/engine.ts";
import { helperMount, withHelper } from "./helperContainer.ts";
import type { FilesState } from "./runner.ts";

interface Entry {
  readonly kind: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly text: string;
}

export interface VolumeContent {
  /** The files that are no secrets, as they are now. */
  readonly files: Record<string, string>;
  readonly drift: string[];
}

/** Compares the current version on the volume with what was delivered; never returns a secret. */
export async function inspectVolume(engine: Docker, state: FilesState): Promise<VolumeContent | undefined> {
  try {
    await engine.getVolume(state.volume).inspect();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const entries = await withHelper(engine, state, { command: ["/bin/true"], uid: state.uid }, (container) =>
    readVersion(container, undefined),
  );
  const files: Record<string, string> = {};
  const drift: string[] = [];
  const expected = { ...state.files, ...state.secrets };
  for (const [path, text] of Object.entries(expected)) {
    const entry = entries.get(path);
    if (!entry) {
      drift.push(`${path} is missing`);
      continue;
    }
    if (!(path in state.secrets)) files[path] = entry.kind === "file" ? entry.text : `(${entry.kind})`;
    drift.push(...differences(path, entry, state.uid, text));
  }
  for (const path of entries.keys()) if (!(path in expected)) drift.push(`${path} was added`);
  return { files, drift: drift.sort() };
}

function differences(path: string, entry: Entry, uid: number, text: string): string[] {
  if (entry.kind !== "file") return [`${path} is a ${entry.kind}`];
  const found: string[] = [];
  if (entry.text !== text) found.push(`${path} has another content`);
  if (entry.mode !== 0o400) found.push(`${path} has mode ${entry.mode.toString(8).padStart(4, "0")}`);
  if (entry.uid !== uid || entry.gid !== uid) found.push(`${path} is owned by ${entry.uid}:${entry.gid}`);
  return found;
}

/**
 * What a version on the volume holds, read through a helper that need not run. Without a name: the version
 * that `..data` names, together with whatever lies beside the versions and does not belong there.
 */
export async function readVersion(
  container: Docker.Container,
  version: string | undefined,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const links = new Map<string, string>();
  const archive = extract();
  (await container.getArchive({ path: `${helperMount}/.` })).pipe(archive);
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, mode, uid, gid, linkname } = entry.header;
    const path = name.replace(/^\.?\//, "").replace(/\/$/, "");
    if (type === "symlink") links.set(path, linkname ?? "");
    if (type === "directory") continue;
    entries.set(path, {
      kind: type ?? "file",
      mode: (mode ?? 0) & 0o7777,
      uid: uid ?? 0,
      gid: gid ?? 0,
      text: Buffer.concat(chunks).toString("utf8"),
    });
  }
  return version === undefined ? currentEntries(entries, links) : new Map(below(entries, version));
}

function currentEntries(entries: Map<string, Entry>, links: Map<string, string>): Map<string, Entry> {
  const current = new Map<string, Entry>(below(entries, links.get("..data") ?? "..data"));
  for (const [path, entry] of entries) {
    if (!path.startsWith("..") && links.get(path) !== `..data/${path}`) current.set(path, entry);
  }
  return current;
}

function* below(entries: Map<string, Entry>, folder: string): Iterable<[string, Entry]> {
  for (const [path, entry] of entries) {
    if (path.startsWith(`${folder}/`)) yield [path.slice(folder.length + 1), entry];
  }
}
