// A lock between processes of one user: a file that names its holder. Plain JavaScript, because the entry
// needs it before the project's own Node is there.
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/**
 * Start time of a process in clock ticks, so that a reused pid is not mistaken for the holder; undefined for
 * one that has ended and was not collected by its parent, empty where the system does not tell.
 */
function startOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return "";
  }
}

function alive({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  return start === "" || startOf(pid) === start;
}

function readHolder(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** One attempt; the file appears complete (link of a written file), so that nobody reads half a holder. */
function claim(file, holder) {
  const draft = `${file}.${holder.token}`;
  fs.writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Moves a dead holder's file aside; whoever moved away a live one's puts it back. */
function evict(file, dead) {
  const aside = `${file}.${randomUUID()}`;
  try {
    fs.renameSync(file, aside);
  } catch {
    return;
  }
  try {
    if (readHolder(aside)?.token !== dead?.token) fs.linkSync(aside, file);
  } catch {
    // Somebody has claimed the place meanwhile; the one who lost it notices below.
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Runs `work` while no other process holds the same lock. A holder that was killed is noticed and replaced.
 * @param {string} file path of the lock; its folder is made
 * @param {() => Promise<any>} work
 * @param {(pid: number) => void} [onWait] called once if another process holds the lock
 */
export async function withLock(file, work, onWait) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const holder = { pid: process.pid, start: startOf(process.pid), token: randomUUID() };
  let told = false;
  for (;;) {
    if (claim(file, holder)) {
      await pause(20);
      if (readHolder(file)?.token === holder.token) break;
      continue;
    }
    const other = readHolder(file);
    if (other === undefined || !alive(other)) {
      if (fs.existsSync(file)) evict(file, other);
      continue;
    }
    if (!told) onWait?.(other.pid);
    told = true;
    await pause(250);
  }
  try {
    return await work();
  } finally {
    if (readHolder(file)?.token === holder.token) fs.rmSync(file, { force: true });
  }
}
