/** How what was asked for ended: carried out, failed, refused to this caller, or broken inside the server. */
export type AuditOutcome = "success" | "failed" | "denied" | "error";

/** Something that somebody did or tried to do. Neither contents nor secrets: what is in it is kept as it is. */
export interface AuditEvent {
  /** A tool's name, or `authenticate`, `token`, `request` and the like. At most 100 characters are kept. */
  readonly action: string;
  /** Kind of thing acted on: `tool`, `server`, `token`. At most 50 characters are kept. */
  readonly resourceType: string;
  /** Which one, where the tool names it: a path, a memory's id. At most 100 characters are kept. */
  readonly resourceId?: string | undefined;
  /** Name of the account, or what an unknown caller claimed to be. */
  readonly client?: string | undefined;
  readonly outcome: AuditOutcome;
  /** The peer's IP address; anything else is left out. */
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
  /** What was asked: names, numbers, sizes (`recordedArguments`). Larger than 4 KB, it is left out. */
  readonly request?: Readonly<Record<string, unknown>> | undefined;
  /** What is worth knowing of the answer; the same limit. */
  readonly response?: Readonly<Record<string, unknown>> | undefined;
  /** Why it did not succeed: a code or a reason of ours, never a driver's message. */
  readonly problem?: string | undefined;
  /** Duration in milliseconds. */
  readonly milliseconds?: number | undefined;
}

/**
 * When `record` resolves: `before-answer` when the event is safe on disk, for what writes, executes or failed to
 * authenticate; `soon` at once, for reads. Both are in `audit_logs` about a second later.
 */
export type AuditMode = "before-answer" | "soon";

/** How the recording is, for health and metrics. */
export interface AuditStatus {
  /** Whether nothing more can be kept, so that calls are refused. */
  readonly refusing: boolean;
  /** Bytes on disk that the database does not have yet. */
  readonly waitingBytes: number;
  /** Most bytes that may wait. */
  readonly capacityBytes: number;
  /** Events that the database took since the start. */
  readonly delivered: number;
  /** Segments of the spool that could not be read to their end and were set aside. */
  readonly damagedSegments: number;
  /** Attempts in a row that the database did not take. */
  readonly failedDeliveries: number;
}

export interface Auditor {
  /**
   * Records one event.
   *
   * @throws SpoolFull when it cannot be kept. Half of the room is left to calls, so that who floods the server with
   *   wrong keys cannot end them.
   */
  record(event: AuditEvent, mode: AuditMode): Promise<void>;
  /**
   * Keeps room for the event of something that is about to be done, so that it is not done and then not recorded.
   *
   * @throws SpoolFull
   */
  reserve(): Reservation;
  status(): AuditStatus;
  /** Delivers what waits, for `milliseconds` at most; the rest is delivered after the next start. */
  close(milliseconds: number): Promise<void>;
}

/** Room for one event. */
export interface Reservation {
  record(event: AuditEvent, mode: AuditMode): Promise<void>;
  /** Gives the room back; to be called in any case. */
  release(): void;
}

/** Nothing more can be recorded: the database has been away for long, or the disk does not take more. */
export class SpoolFull extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`calls cannot be recorded now: ${reason}`, options);
    this.name = "SpoolFull";
  }
}
