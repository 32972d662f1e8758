import type { FaultDetails } from "#model/fault.ts";
import type { FileFacts } from "./facts.ts";
import type { FileValues } from "./schema/files.ts";

/** The cross-file rules: what no single file can say. */
export function checkFiles(_values: FileValues, _facts: FileFacts): FaultDetails[] {
  return [];
}
