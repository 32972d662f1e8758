import type Docker from "dockerode";
import { extract } from "tar-stream";
import { helperMount } from "./helperContainer.ts";

/** A file, folder or link on a volume. */
export interface Entry {
  /** As tar names it: `file`, `directory`, `symlink`, … */
  readonly kind: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a link: where it points. */
  readonly text: string;
}

/** Everything on the volume, by path, read through a container that mounts it and need not run. */
export async function readVolume(
  container: Docker.Container,
  mount: string = helperMount,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const archive = extract();
  (await container.getArchive({ path: `${mount}/.` })).pipe(archive);
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, mode, uid, gid, linkname } = entry.header;
    const path = name.replace(/^\.?\//, "").replace(/\/$/, "");
    if (path === "" || path === ".") continue;
    entries.set(path, {
      kind: type ?? "file",
      mode: (mode ?? 0) & 0o7777,
      uid: uid ?? 0,
      gid: gid ?? 0,
      text: type === "symlink" ? (linkname ?? "") : Buffer.concat(chunks).toString("utf8"),
    });
  }
  return entries;
}

/** What lies below a folder, by path from there. */
export function entriesBelow(entries: ReadonlyMap<string, Entry>, folder: string): Map<string, Entry> {
  const below = [...entries].filter(([path]) => path.startsWith(`${folder}/`));
  return new Map(below.map(([path, entry]) => [path.slice(folder.length + 1), entry]));
}

/** The version that `..data` names, and apart from it what lies beside the versions. */
export function currentVersion(entries: ReadonlyMap<string, Entry>): {
  inside: Map<string, Entry>;
  beside: Map<string, Entry>;
} {
  const data = entries.get("..data");
  return {
    inside: entriesBelow(entries, data?.kind === "symlink" ? data.text : "..data"),
    beside: new Map([...entries].filter(([path]) => !/^\.\.(2|data)/.test(path))),
  };
}
