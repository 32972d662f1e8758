import fs from "node:fs";
import { Fault } from "#model/fault.ts";
import { materialFiles } from "./material.ts";
import { planEntry, readRecords } from "./writeEntry.ts";

/**
 * Takes back what `connect` did for a stack: its entries in clients' files, where they are as they were written,
 * and the folder with address, certificates and keys. A file that cannot be edited is left and named.
 *
 * @returns for people: what was done and what was left
 */
export function forgetStack(stack: string, env: NodeJS.ProcessEnv): string[] {
  const { folder, record } = materialFiles(stack, env);
  const said: string[] = [];
  for (const [file, { under }] of Object.entries(readRecords(record))) {
    if (!fs.existsSync(file)) continue;
    try {
      const { changes } = planEntry(file, { under, entries: {} }, { record, force: false })();
      if (changes.length > 0) said.push(`${file}: ${changes.join(", ")}`);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      said.push(`${file} was left as it is: ${error.problem}`);
    }
  }
  if (!fs.existsSync(folder)) return said;
  fs.rmSync(folder, { recursive: true });
  return [...said, `removed ${folder}`];
}
