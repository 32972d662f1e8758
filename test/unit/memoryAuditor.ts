import type { AuditEvent, AuditMode, Auditor } from "#servers/runtime/audit/auditor.ts";
import { SpoolFull } from "#servers/runtime/audit/auditor.ts";

/** Keeps events in memory, or refuses them all. */
export interface MemoryAuditor extends Auditor {
  readonly events: (AuditEvent & { readonly mode: AuditMode })[];
  full: boolean;
}

export function memoryAuditor(): MemoryAuditor {
  const events: MemoryAuditor["events"] = [];
  const record = (event: AuditEvent, mode: AuditMode): Promise<void> => {
    events.push({ ...event, mode });
    return Promise.resolve();
  };
  const auditor: MemoryAuditor = {
    events,
    full: false,
    record,
    reserve() {
      if (auditor.full) throw new SpoolFull("the test says so");
      return { record, release: () => {} };
    },
    status: () => ({
      refusing: auditor.full,
      waitingBytes: 0,
      capacityBytes: 0,
      delivered: 0,
      damagedSegments: 0,
      failedDeliveries: 0,
    }),
    close: () => Promise.resolve(),
  };
  return auditor;
}
