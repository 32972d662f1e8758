import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/**
 * Replaces or makes a file in one step: who reads it sees the old text or the new one. The folder must exist.
 * @param mode permission bits of the file, whatever the umask says
 */
export function writeAtomically(file: string, text: string, mode: number): void {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}`);
  try {
    const descriptor = fs.openSync(draft, "wx", mode);
    try {
      fs.fchmodSync(descriptor, mode);
      fs.writeFileSync(descriptor, text);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(draft, file);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
}
