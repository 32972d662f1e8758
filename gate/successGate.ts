import { Fault, Faults } from "#model/fault.ts";
import type { Connection } from "#providers/database/connect.ts";
import type { ManifestEntry } from "#providers/migrations/manifest.ts";
import { serverQuestions, type AskedServers } from "./serverQuestions.ts";

export interface GateQuestions {
  /** Login of the application, as `databaseUrl` gives it to users. */
  readonly application: Connection;
  /** Login that may read the table of migrations. */
  readonly migrator: Connection;
  readonly manifest: readonly ManifestEntry[];
  readonly servers: AskedServers;
}

/**
 * Success means answered, not started. Asks everything side by side and reports all that is wrong together.
 * Imports its clients only here, so that a preview does not load them.
 *
 * @throws Faults GATE_DATABASE, GATE_MIGRATIONS, GATE_SERVER
 */
export async function successGate(questions: GateQuestions): Promise<void> {
  const { databaseAnswers, migrationsMatch } = await import("./databaseAnswers.ts");
  const { serverAnswers } = await import("./serverAnswers.ts");
  const results = await Promise.allSettled([
    databaseAnswers(questions.application),
    migrationsMatch(questions.migrator, questions.manifest),
    ...serverQuestions(questions.servers).map(serverAnswers),
  ]);
  const errors = results
    .filter((result) => result.status === "rejected")
    .map(({ reason }) => reason as unknown);
  const unexpected = errors.find((error) => !(error instanceof Fault));
  if (unexpected) throw unexpected;
  if (errors.length > 0) throw new Faults(errors as Fault[]);
}
