import { Fault } from "#model/fault.ts";
import { withSession, type Connection } from "#providers/database/connect.ts";
import type { ManifestEntry } from "#providers/migrations/manifest.ts";
import { appliedMigrations } from "#providers/migrations/runner.ts";

/**
 * Logs in over TLS as users of `databaseUrl` do and runs a statement.
 *
 * @throws Fault GATE_DATABASE
 */
export async function databaseAnswers(connection: Connection): Promise<void> {
  await guarded("GATE_DATABASE", connection, () =>
    withSession(connection, (client) => client.query("SELECT count(*) FROM memory_items"), { step: "gate" }),
  );
}

/**
 * Compares the table of migrations with those of this program.
 *
 * @throws Fault GATE_MIGRATIONS
 */
export async function migrationsMatch(
  connection: Connection,
  manifest: readonly ManifestEntry[],
): Promise<void> {
  const applied = await guarded("GATE_MIGRATIONS", connection, () => appliedMigrations(connection));
  const line = ({ name, sha256 }: ManifestEntry) => `${name} ${sha256}`;
  const inDatabase = new Set(applied.map(line));
  const inProgram = new Set(manifest.map(line));
  const wrong = [
    ...manifest.filter((entry) => !inDatabase.has(line(entry))).map(({ name }) => `${name} is not applied`),
    ...applied
      .filter((entry) => !inProgram.has(line(entry)))
      .map(({ name }) => `${name} is applied in another form`),
  ];
  if (wrong.length === 0) return;
  throw new Fault({
    code: "GATE_MIGRATIONS",
    where: connection.database,
    problem: `the applied migrations are not those of this program: ${wrong.join(", ")}`,
    mend: "`npm run up -- --refresh` compares again and applies what is missing",
  });
}

async function guarded<T>(
  code: "GATE_DATABASE" | "GATE_MIGRATIONS",
  connection: Connection,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new Fault(
      {
        code,
        where: `${connection.database} as ${connection.user}`,
        problem: cause instanceof Fault ? cause.problem : (cause as Error).message,
        mend: "`npm run up` (or `pulumi up --refresh`) makes anew what is missing; `npm run doctor` says what is wrong",
      },
      { cause },
    );
  }
}
