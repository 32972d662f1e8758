/** Something that a rule does not allow. */
export interface Finding {
  /** In words; never holds a secret. */
  readonly text: string;
  /** What its fix is to be applied to. */
  readonly target?: Readonly<Record<string, string>>;
}

/** What a check came to. `error`: it could not be judged, which is never taken for `passed`. */
export interface Outcome {
  readonly status: "passed" | "failed" | "error";
  /** What was found, in words. */
  readonly detail: string;
  readonly findings: readonly Finding[];
}

const mostShown = 10;

export function passed(detail: string): Outcome {
  return { status: "passed", detail, findings: [] };
}

export function failed(findings: readonly Finding[]): Outcome {
  const shown = findings.slice(0, mostShown).map(({ text }) => text);
  const more = findings.length > mostShown ? ` and ${findings.length - mostShown} more` : "";
  return { status: "failed", detail: `${shown.join("; ")}${more}`, findings };
}

export function unjudged(detail: string): Outcome {
  return { status: "error", detail, findings: [] };
}
