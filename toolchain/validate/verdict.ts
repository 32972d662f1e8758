import type { Finding } from "#model/files/validateFinding.ts";

/** What `npm run validate` found. */
export interface Verdict {
  /** What was looked at, in words. */
  readonly subject: string;
  readonly findings: readonly Finding[];
  /** Keys that are accepted and obeyed by nothing yet. */
  readonly planned: readonly PlannedNotice[];
}

export interface PlannedNotice {
  readonly file: string;
  readonly pointer: string;
  /** What it waits for. */
  readonly part: string;
}
