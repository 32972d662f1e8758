import { randomBytes } from "node:crypto";
import { lstat, mkdir, open, readdir, rename, unlink } from "node:fs/promises";

/** Reports of one format that are kept; the oldest go. */
const keptReports = 100;
/** Nobody writes one for longer. */
const halfWrittenMilliseconds = 600_000;

/**
 * Writes a report under its name at once, or not at all: whoever reads the folder sees whole files.
 *
 * @throws what the file system says
 */
export async function writeReport(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = `${folder}/.${name}.${randomBytes(4).toString("hex")}`;
  const handle = await open(temporary, "wx", 0o640);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
  await rename(temporary, `${folder}/${name}`);
}

/** `compliance-20260101T000000Z-1a2b3c4d.md` */
export function reportName(at: Date, extension: string): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, "");
  return `compliance-${time}-${randomBytes(4).toString("hex")}.${extension}`;
}

/** Removes the oldest reports of a format beyond those that are kept, and what a killed process left half written. */
export async function removeOldReports(folder: string, extension: string): Promise<void> {
  const names = await readdir(folder);
  const own = names
    .filter((name) => name.startsWith("compliance-2") && name.endsWith(`.${extension}`))
    .sort();
  for (const name of own.slice(0, -keptReports)) await unlink(`${folder}/${name}`).catch(() => {});
  for (const name of names.filter((each) => /^\.(compliance-2|latest).*\.[0-9a-f]{8}$/.test(each))) {
    const age = await lstat(`${folder}/${name}`).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > halfWrittenMilliseconds) await unlink(`${folder}/${name}`).catch(() => {});
  }
}
