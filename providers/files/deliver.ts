import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { Fault } from "#model/fault.ts";
import { contentsOf } from "./contents.ts";
import { helperMount, runHelper, withHelper } from "./helperContainer.ts";
import { entriesBelow, readVolume } from "./readVolume.ts";
import type { FilesInputs } from "./runner.ts";

/** Path below the mount point to text. */
type Contents = Readonly<Record<string, string>>;

/** Versions that stay on the volume beside the current one, for readers that still hold it. */
const keptVersions = 2;

/**
 * The layout that Kubernetes uses for the same purpose: `..<version>/` holds the files, `..data` points to
 * it, every top folder is a link through `..data`. One rename switches all files of a service at once.
 */
export async function deliver(engine: Docker, inputs: FilesInputs): Promise<void> {
  const version = `..${new Date().toISOString().replace(/[:.]/g, "-")}-${randomBytes(4).toString("hex")}`;
  const contents = contentsOf(inputs);
  const command = ["/bin/sh", "-c", switchScript(version, contents)];
  await withHelper(engine, inputs, { command, uid: 0 }, async (container) => {
    await container.putArchive(await archiveOf(version, contents, inputs.uid), { path: helperMount });
    await proveArrival(container, version, contents);
    try {
      await judge(engine, version, inputs);
    } catch (error) {
      await discard(engine, version, inputs);
      throw error;
    }
    const { status, output } = await runHelper(container);
    if (status !== 0) throw new Error(`${inputs.volume}: switching to the new files failed: ${output}`);
  });
}

/** An archive sent with a wrong header is accepted and ignored by the engine, so it is read back. */
async function proveArrival(container: Docker.Container, version: string, contents: Contents): Promise<void> {
  const arrived = entriesBelow(await readVolume(container), version);
  for (const [path, text] of Object.entries(contents)) {
    if (arrived.get(path)?.text !== text) throw new Error(`${path} did not arrive as it was sent`);
  }
}

/** Lets the program that will read the files judge them, as the service's own user. */
async function judge(engine: Docker, version: string, inputs: FilesInputs): Promise<void> {
  if (inputs.check.length === 0) return;
  const command = inputs.check.map((word) => word.replaceAll("{files}", `${helperMount}/${version}`));
  const { status, output } = await withHelper(engine, inputs, { command, uid: inputs.uid }, runHelper);
  if (status === 0) return;
  throw new Fault({
    code: "FILE_REFUSED",
    where: inputs.volume,
    problem: `the new files were refused and the old ones stay in force: ${output}`,
    mend: "correct the setting that the message names, then run `npm run up` again",
  });
}

async function discard(engine: Docker, version: string, inputs: FilesInputs): Promise<void> {
  const command = ["/bin/rm", "-rf", "--", `${helperMount}/${version}`, `${helperMount}/..data-new`];
  await withHelper(engine, inputs, { command, uid: 0 }, runHelper);
}

/** Needs nothing but `mv` and `rm`, which every image of this project has. */
function switchScript(version: string, contents: Contents): string {
  const wanted = topFolders(contents).map(quote).join("|");
  return [
    "set -eu",
    `cd ${helperMount}`,
    "[ -L ..data ] || rm -rf -- ..data",
    "mv -T ..data-new ..data",
    // Whatever does not belong here goes, also what hides behind a dot.
    `for entry in * .[!.]* ..[!2d]*; do case "$entry" in ${wanted}) ;; *) rm -rf -- "$entry" ;; esac; done`,
    // Names begin with the time, so the oldest come first.
    `set -- ..2*; while [ $# -gt ${keptVersions + 1} ]; do [ "$1" = ${quote(version)} ] || rm -rf -- "$1"; shift; done`,
  ].join("\n");
}

function topFolders(contents: Contents): string[] {
  return [...new Set(Object.keys(contents).map((path) => path.split("/")[0]!))].sort();
}

/** Owner and mode are in the archive, so no helper needs the right to change them. */
async function archiveOf(version: string, contents: Contents, uid: number): Promise<Buffer> {
  const archive = pack();
  const owner = { uid, gid: uid };
  const folders = new Set([version]);
  for (const path of Object.keys(contents)) {
    const parts = path.split("/").slice(0, -1);
    parts.forEach((_, index) => folders.add(`${version}/${parts.slice(0, index + 1).join("/")}`));
  }
  for (const name of [...folders].sort()) archive.entry({ name, type: "directory", mode: 0o500, ...owner });
  for (const [path, content] of Object.entries(contents)) {
    archive.entry({ name: `${version}/${path}`, mode: 0o400, ...owner }, content);
  }
  for (const folder of topFolders(contents)) {
    archive.entry({ name: folder, type: "symlink", linkname: `..data/${folder}` });
  }
  archive.entry({ name: "..data-new", type: "symlink", linkname: version });
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
