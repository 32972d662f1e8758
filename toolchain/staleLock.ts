import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { projectRoot } from "./pins.ts";
import { say } from "./progress.ts";
import type { Session } from "./session.ts";

interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

/**
 * Removes the stack's lock if the process that took it ran on this machine and is gone: a run that was
 * killed leaves it, and every later one would stop there. Locks of living processes and of other machines
 * stay, unlike with `pulumi cancel`. Only for states in a folder; a service looks after its own locks.
 */
export function removeStaleLocks(session: Session): void {
  const folder = lockFolder(session);
  if (folder === undefined || !fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".json"))) {
    const file = path.join(folder, name);
    const holder = readLock(file);
    if (holder === undefined || holder.hostname !== os.hostname() || isAlive(holder.pid)) continue;
    fs.rmSync(file, { force: true });
    fs.rmSync(`${file}.attrs`, { force: true });
    say(`Removed the lock that process ${holder.pid} left; it has ended.`);
  }
}

/** Folder of the stack's locks in a `file://` state; `~` is the home folder. */
function lockFolder({ state, stack, env }: Session): string | undefined {
  const found = /^file:\/\/([^?]*)/.exec(state.backend)?.[1];
  if (found === undefined) return undefined;
  const root = found.replace(/^~/, env.HOME ?? os.homedir());
  return path.join(path.resolve(projectRoot, root), ".pulumi", "locks", "organization", projectName(), stack);
}

function projectName(): string {
  const { name } = parse(fs.readFileSync(path.join(projectRoot, "Pulumi.yaml"), "utf8")) as { name: string };
  return name;
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Lock;
  } catch {
    return undefined;
  }
}

/** A process that ended and that nobody collected does nothing any more. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch (error) {
    // EPERM: alive, and somebody else's; ENOENT: a system without /proc.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
