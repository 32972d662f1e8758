import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./stack.ts";

/** A folder that holds a `node` older than 22: the machine's, else one from npm. */
export async function folderWithOldNode(folder: string): Promise<string> {
  const found = (await oldNodeOnPath()) ?? (await oldNodeFromNpm(folder));
  mkdirSync(join(folder, "bin"), { recursive: true });
  symlinkSync(found, join(folder, "bin/node"));
  return join(folder, "bin");
}

async function oldNodeOnPath(): Promise<string | undefined> {
  for (const part of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(part, "node");
    const { stdout } = await run(candidate, ["--version"]).catch(() => ({ stdout: "" }));
    if (/^v(1\d|20|21)\./.test(stdout)) return candidate;
  }
  return undefined;
}

async function oldNodeFromNpm(folder: string): Promise<string> {
  const architecture = process.arch === "arm64" ? "arm64" : "x64";
  const packed = await run("npm", ["pack", "--silent", `node-linux-${architecture}@20`], { cwd: folder });
  await run("tar", ["-xzf", packed.stdout.trim()], { cwd: folder });
  return join(folder, "package/bin/node");
}
