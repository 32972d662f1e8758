import type { FaultDetails } from "#model/fault.ts";
import type { FileFacts } from "./facts.ts";
import { ruleFaults } from "./rules/faults.ts";
import type { FileValues } from "./schema/files.ts";

/** The cross-file rules: what no single file can say. */
export function checkFiles(values: FileValues, facts: FileFacts): FaultDetails[] {
  return ruleFaults({ values, facts });
}
