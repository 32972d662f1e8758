/**
 * What a server says of its own process, sent with its sign of life. It has no secret and no value of a variable;
 * sizes are bytes.
 */
export interface SelfReport {
  readonly version: string;
  readonly uid: number;
  readonly gid: number;
  /** Capability masks in hexadecimal, as /proc/self/status has them. */
  readonly capabilities: {
    readonly effective: string;
    readonly permitted: string;
    readonly bounding: string;
  };
  readonly noNewPrivileges: boolean;
  readonly readOnlyRoot: boolean;
  /** Null: no limit, or none that the process can see. */
  readonly limits: {
    readonly memory: number | null;
    readonly cpus: number | null;
    readonly pids: number | null;
  };
  /** Delivered files and folders by path; modes in octal, such as `0400`. */
  readonly files: readonly { readonly path: string; readonly mode: string; readonly uid: number }[];
  /** Mount points into which the process may write. */
  readonly writable: readonly string[];
  /** Names of the environment's variables. */
  readonly environment: readonly string[];
  readonly tls: {
    /** Oldest version that is accepted. */
    readonly protocol: string;
    readonly suites: readonly string[];
    /** Of the certificate that is served. */
    readonly certificateEnds: string;
    readonly fingerprint: string;
  };
  /** What of the files decides about security and records, as it is in force. */
  readonly inForce: {
    readonly authentication: boolean;
    readonly authorization: boolean;
    readonly rateLimit: boolean;
    readonly logging: boolean;
    readonly audit: boolean;
  };
}
