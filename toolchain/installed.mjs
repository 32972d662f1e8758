// Whether node_modules is what package-lock.json says. Plain JavaScript, because the entry needs it first.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const stampName = ".kilocode-installed";

/** What an installation depends on: the lock file, and the platform that optional packages are chosen by. */
export function stampOf(lockText, platform = `${process.platform}-${process.arch}`) {
  return createHash("sha256").update(`${platform}\n`).update(lockText).digest("hex");
}

/**
 * True if npm's own record of what it put into node_modules (written last) holds every package of the lock
 * file in the same version; packages for other platforms are optional and may be missing.
 */
export function recordMatches(lockText, recordText) {
  const wanted = JSON.parse(lockText).packages ?? {};
  const present = JSON.parse(recordText).packages ?? {};
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === "") return true;
    const found = present[place];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

export function isInstalled(root) {
  try {
    const lockText = fs.readFileSync(path.join(root, "package-lock.json"), "utf8");
    const stampFile = path.join(root, "node_modules", stampName);
    if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, "utf8") === stampOf(lockText)) return true;
    // Somebody ran `npm install` or `npm ci` by hand.
    const record = fs.readFileSync(path.join(root, "node_modules", ".package-lock.json"), "utf8");
    return recordMatches(lockText, record);
  } catch {
    return false;
  }
}

export function markInstalled(root) {
  const stamp = stampOf(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"));
  fs.writeFileSync(path.join(root, "node_modules", stampName), stamp);
}
