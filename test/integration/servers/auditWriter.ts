/**
 * `node auditWriter.ts <spool|memory|none> <folder>`: records events without end, eight at a time, and writes the name of
 * each to a file when it may be answered. What is delivered goes to a file, in place of the database. `memory` is the
 * control: records wait in memory for the next batch. `none` only delivers what an earlier one left.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import type { AuditEvent } from "#servers/runtime/audit/auditor.ts";
import { openAuditor } from "#servers/runtime/audit/openAuditor.ts";

const [mode = "", folder = ""] = process.argv.slice(2);
const deliver = (rows: string): Promise<void> => {
  for (const row of JSON.parse(rows) as object[])
    appendFileSync(join(folder, "delivered"), `${JSON.stringify(row)}\n`);
  return Promise.resolve();
};
const auditor = openAuditor({
  server: "test",
  folder: join(folder, "spool"),
  deliver,
  log: pino({ level: "silent" }),
});
const waiting: AuditEvent[] = [];
setInterval(() => void deliver(JSON.stringify(waiting.splice(0))), 500);

async function record(event: AuditEvent): Promise<void> {
  if (mode === "memory") waiting.push(event);
  else await auditor.record(event, "before-answer");
}

async function load(worker: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const action = `${worker}.${count}`;
    await record({ action, resourceType: "tool", outcome: "success" });
    appendFileSync(join(folder, "acknowledged"), `${action}\n`);
    // Others have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

if (mode === "none") {
  while (auditor.status().waitingBytes > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  process.exit(0);
}
await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(load));
