/** What a process's `/proc/self/status` says about its rights. */
export interface ProcStatus {
  /** Effective. */
  readonly uid: number;
  readonly gid: number;
  /** Capability masks in hexadecimal. */
  readonly effective: string;
  readonly permitted: string;
  readonly bounding: string;
  readonly noNewPrivileges: boolean;
}

/** @throws TypeError when a line that every kernel writes is missing */
export function parseProcStatus(text: string): ProcStatus {
  const value = (name: string): string => {
    const found = new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1];
    if (found === undefined) throw new TypeError(`/proc/self/status has no ${name}`);
    return found.trim();
  };
  // Real, effective, saved and of the file system.
  const effectiveId = (name: string) => Number(value(name).split(/\s+/)[1]);
  return {
    uid: effectiveId("Uid"),
    gid: effectiveId("Gid"),
    effective: value("CapEff"),
    permitted: value("CapPrm"),
    bounding: value("CapBnd"),
    noNewPrivileges: value("NoNewPrivs") === "1",
  };
}
