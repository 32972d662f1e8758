import type { FileFacts } from "#model/files/facts.ts";
import type { Deployment } from "#model/files/rules/deployment.ts";
import type { FileValues } from "#model/files/schema/files.ts";

/** One way to break one rule. */
export interface RuleCase {
  /** Id of the rule that is broken, and no other is. */
  readonly rule: string;
  readonly because: string;
  /** What the stack sets. */
  readonly overrides?: Record<string, unknown>;
  /** What is wrong where overrides cannot make it so. */
  readonly edit?: (values: FileValues) => unknown;
  readonly facts?: Partial<FileFacts>;
  readonly deployment?: Partial<Deployment>;
  /** `file pointer` of the key to change, or the setting. */
  readonly at: string;
}
