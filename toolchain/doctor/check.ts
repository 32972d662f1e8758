export const categories = ["machine", "engine", "toolchain", "state", "stack"] as const;
export type Category = (typeof categories)[number];

/** One thing that was looked at. */
export interface Check {
  readonly category: Category;
  readonly name: string;
  readonly level: "OK" | "WARN" | "FAIL";
  /** What was found, in a few words; never a secret. */
  readonly finding: string;
  /** The command or step that mends it; given unless all is well. */
  readonly mend?: string;
}

export function ok(category: Category, name: string, finding: string): Check {
  return { category, name, level: "OK", finding };
}

export function warn(category: Category, name: string, finding: string, mend: string): Check {
  return { category, name, level: "WARN", finding, mend };
}

export function fail(category: Category, name: string, finding: string, mend: string): Check {
  return { category, name, level: "FAIL", finding, mend };
}
