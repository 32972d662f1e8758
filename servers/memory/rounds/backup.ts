import type { MemoryContext } from "../memoryContext.ts";
import { removeOldExports } from "../transfer/listExports.ts";
import { writeExport } from "../transfer/writeExport.ts";
import type { Round } from "./round.ts";

/** Writes an export and removes those that are too old. */
export function backupRound({ config }: MemoryContext): Round {
  return {
    name: "backup",
    every: config.database.backupInterval,
    async run(context, signal) {
      const written = await writeExport(context, signal);
      const removed = await removeOldExports(context.backups, config.database.backupRetention, new Date());
      context.log.info({ ...written, removed }, "memories exported");
    },
  };
}
