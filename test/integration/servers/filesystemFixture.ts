import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Stands where no tool may look. */
export const canary = "canary-outside-f3a91c";

/** Bytes that the server of the tests reads and writes at most. */
export const maxFileSize = 4096;

export interface FilesystemFixture {
  /** Holds everything. */
  readonly base: string;
  readonly allowed: string;
  readonly outside: string;
  /** Allowed, but not there. */
  readonly missing: string;
  /** Links to what belongs to a server. */
  linkTo(files: string): Promise<void>;
  remove(): Promise<void>;
}

/** An allowed folder with all that may lead out of it, and what lies beside it. */
export async function makeFixture(): Promise<FilesystemFixture> {
  const base = await mkdtemp(join(tmpdir(), "mcp-filesystem-"));
  const at = (...names: string[]) => join(base, ...names);
  for (const folder of ["allowed/folder", "allowed/.hidden-folder", "outside", "allowed-not"])
    await mkdir(at(folder), { recursive: true });
  const texts: Record<string, string | Buffer> = {
    "allowed/inside.txt": "inside\n",
    "allowed/folder/inner.txt": "inner\n",
    "allowed/.hidden": canary,
    "allowed/.hidden-folder/secret.txt": canary,
    "allowed/large.txt": canary.repeat(maxFileSize / 10),
    "allowed/binary": Buffer.from(`${canary}\0\x01\x02`),
    "allowed/latin-1.txt": Buffer.from(`${canary} \xe4\xf6`, "latin1"),
    "allowed/utf-16.txt": Buffer.from(`\ufeff${canary}`, "utf16le"),
    "outside/secret.txt": canary,
    "outside/hard.txt": "hard\n",
    "allowed-not/secret.txt": canary,
  };
  for (const [path, text] of Object.entries(texts)) await writeFile(at(path), text);
  await writeFile(at("allowed/sparse"), "");
  await truncate(at("allowed/sparse"), 1024 ** 4);
  await link(at("outside/hard.txt"), at("allowed/hard.txt"));
  const links: Record<string, string> = {
    "link-file": "../outside/secret.txt",
    "link-absolute": at("outside/secret.txt"),
    "link-folder": "../outside",
    "link-parent": "..",
    "link-chain": "link-chain-2",
    "link-chain-2": "./folder/../link-file",
    "link-dotdot": "folder/../../outside/secret.txt",
    "link-loop": "link-loop",
    "link-loop-a": "link-loop-b",
    "link-loop-b": "folder/../link-loop-a",
    dangling: "../outside/new.txt",
    "link-environ": "/proc/self/environ",
    "link-root": "/proc/self/root",
    "link-descriptor": "/proc/self/fd/0",
    "link-hidden": ".hidden",
    "link-hidden-folder": ".hidden-folder",
    "link-device": "/dev/zero",
    "link-inside": "folder/inner.txt",
    "link-long": "long-0",
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, at("allowed", name));
  for (let count = 0; count < 50; count += 1)
    await symlink(count === 49 ? "inside.txt" : `long-${count + 1}`, at("allowed", `long-${count}`));
  await run("mkfifo", [at("allowed/pipe")]);
  // Only root can make one; for others a second pipe stands there.
  await run("mknod", [at("allowed/device"), "c", "1", "5"]).catch(() =>
    run("mkfifo", [at("allowed/device")]),
  );
  const server = createServer().listen(at("allowed/socket"));
  await once(server, "listening");
  return {
    base,
    allowed: at("allowed"),
    outside: at("outside"),
    missing: at("missing"),
    async linkTo(files) {
      await symlink(files, at("allowed/link-files"));
      await symlink(`${files}/..data/secrets`, at("allowed/link-secrets"));
    },
    async remove() {
      server.close();
      await rm(base, { recursive: true });
    },
  };
}

/** Everything below a folder, so that two moments can be compared: kind, permissions, content, target. */
export async function footprintOf(
  folder: string,
  below = "",
  found: Record<string, string> = {},
): Promise<Record<string, string>> {
  // Not by `recursive`, which goes through links.
  for (const name of await readdir(join(folder, below))) {
    const path = join(below, name);
    const stats = await lstat(join(folder, path));
    found[path] = `${stats.mode.toString(8)} ${await contentOf(join(folder, path), stats.mode, stats.size)}`;
    if (stats.isDirectory()) await footprintOf(folder, path, found);
  }
  return found;
}

async function contentOf(path: string, mode: number, size: number): Promise<string> {
  const kind = mode & 0o170000;
  if (kind === 0o120000) return readlink(path);
  if (kind !== 0o100000 || size > 1024 ** 2) return "";
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
