import type { Log } from "#servers/runtime/log.ts";
import { auditRow, mostRowBytes } from "./auditRow.ts";
import { SpoolFull } from "./auditor.ts";
import type { AuditEvent, AuditMode, Auditor } from "./auditor.ts";
import { Spool } from "./spool.ts";

/** About 100,000 calls. */
const defaultCapacityBytes = 64 * 1024 * 1024;
/** What comes within this time goes to the database together; a read is in it a second after the call. */
const lagMilliseconds = 500;
const longestPauseMilliseconds = 10_000;
const rowsPerBatch = 500;

export interface AuditorOptions {
  readonly server: string;
  /** Folder of the spool: `<state>/spool/audit`. */
  readonly folder: string;
  /** Gives rows, a JSON array as text, to the database; rejects when it does not surely have them. */
  readonly deliver: (rows: string) => Promise<void>;
  readonly log: Log;
  /** Most bytes that may wait on disk; default 64 MiB. */
  readonly capacityBytes?: number;
}

/**
 * Events go to the spool first and from there to the database, about twice a second.
 *
 * @throws what the file system says when the spool's folder cannot be made or read
 */
export function openAuditor(options: AuditorOptions): Auditor {
  const { server, deliver, log, capacityBytes = defaultCapacityBytes } = options;
  const spool = new Spool(options.folder, {
    capacityBytes,
    onDamage: (segment) => log.error({ segment }, "part of the audit spool cannot be read; it was set aside"),
  });
  let reservations = 0;
  let delivered = 0;
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let underWay: Promise<unknown> = Promise.resolve();

  const write = (event: AuditEvent, mode: AuditMode): Promise<void> => {
    spool.append(auditRow(server, event));
    later(lagMilliseconds);
    return mode === "soon" ? Promise.resolve() : spool.synced();
  };
  const later = (milliseconds: number): void => {
    if (closed) return;
    timer ??= setTimeout(() => void run(), milliseconds).unref();
  };
  const run = async (): Promise<void> => {
    underWay = deliverAll();
    const all = await underWay;
    timer = undefined;
    if (!all) later(Math.min(lagMilliseconds * 2 ** failed, longestPauseMilliseconds));
    else if (spool.waitingBytes > 0) later(lagMilliseconds);
  };
  /** False when the database did not take something. */
  const deliverAll = async (): Promise<boolean> => {
    try {
      for (let batch = await spool.next(rowsPerBatch); batch; batch = await spool.next(rowsPerBatch)) {
        await deliver(`[${batch.texts.join(",")}]`);
        await batch.delivered();
        delivered += batch.texts.length;
        if (failed > 0) log.info({ attempts: failed }, "audit records are delivered again");
        failed = 0;
      }
      return true;
    } catch (error) {
      failed += 1;
      if (failed === 1)
        log.warn({ err: error }, "audit records wait on disk: the database does not take them");
      return false;
    }
  };
  const reservedBytes = (): number => reservations * mostRowBytes;

  // What an earlier process left.
  if (spool.waitingBytes > 0) later(0);
  return {
    async record(event, mode) {
      const refusal = spool.refusal(reservedBytes() + mostRowBytes + capacityBytes / 2);
      if (refusal !== undefined) throw new SpoolFull(refusal);
      await write(event, mode);
    },
    reserve() {
      const refusal = spool.refusal(reservedBytes() + mostRowBytes);
      if (refusal !== undefined) throw new SpoolFull(refusal);
      reservations += 1;
      let held = true;
      return {
        record: async (event, mode) => write(event, mode),
        release: () => {
          if (held) reservations -= 1;
          held = false;
        },
      };
    },
    status: () => ({
      refusing: spool.refusal(reservedBytes() + mostRowBytes) !== undefined,
      waitingBytes: spool.waitingBytes,
      capacityBytes,
      delivered,
      damagedSegments: spool.damagedSegments,
      failedDeliveries: failed,
    }),
    async close(milliseconds) {
      closed = true;
      clearTimeout(timer);
      await within(
        milliseconds,
        underWay.then(() => deliverAll()),
      );
      await spool.close();
    },
  };
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
