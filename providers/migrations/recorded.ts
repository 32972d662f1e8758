import type { Client } from "pg";
import { Fault } from "#model/fault.ts";
import { schemaName } from "#model/names.ts";
import type { ManifestEntry } from "./manifest.ts";

/** The table of applied migrations, beside what they make. */
export const migrationsTable = "schema_migrations";

/** node-pg-migrate inserts name and time; the hash comes from the session's manifest in the same transaction. */
const preparation = `
  CREATE TABLE IF NOT EXISTS ${schemaName}.${migrationsTable} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    run_on timestamptz NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$')
  );
  CREATE OR REPLACE FUNCTION ${schemaName}.record_migration_hash() RETURNS trigger
  LANGUAGE plpgsql SET search_path = ${schemaName}, pg_temp AS $$
  BEGIN
    NEW.sha256 := current_setting('kilocode.manifest')::jsonb ->> NEW.name;
    RETURN NEW;
  END;
  $$;
  REVOKE EXECUTE ON FUNCTION ${schemaName}.record_migration_hash() FROM PUBLIC;
  CREATE OR REPLACE TRIGGER record_migration_hash BEFORE INSERT ON ${schemaName}.${migrationsTable}
    FOR EACH ROW EXECUTE FUNCTION ${schemaName}.record_migration_hash();`;

/** Makes the table of applied migrations, and has the hashes of `manifest` recorded by this session. */
export async function prepareRecording(client: Client, manifest: readonly ManifestEntry[]): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
    `${schemaName}.${migrationsTable}`,
  ]);
  if (rows[0]?.there !== true) await client.query(preparation);
  const hashes = Object.fromEntries(manifest.map(({ name, sha256 }) => [name, sha256]));
  await client.query("SELECT set_config('kilocode.manifest', $1, false)", [JSON.stringify(hashes)]);
}

/** The applied migrations in their order; none if there is no table of them. */
export async function recordedMigrations(client: Client): Promise<ManifestEntry[]> {
  const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
    `${schemaName}.${migrationsTable}`,
  ]);
  if (rows[0]?.there !== true) return [];
  const applied = await client.query<ManifestEntry>(
    `SELECT name, sha256 FROM ${schemaName}.${migrationsTable} ORDER BY run_on, id`,
  );
  return applied.rows.map(({ name, sha256 }) => ({ name, sha256 }));
}

/**
 * Refuses a manifest that does not begin with exactly what was applied.
 *
 * @throws Fault MIGRATION_CHANGED naming the file.
 */
export function refuseChanged(applied: readonly ManifestEntry[], manifest: readonly ManifestEntry[]): void {
  const known = new Map(manifest.map((entry) => [entry.name, entry.sha256]));
  const gone = applied.find(({ name }) => !known.has(name));
  if (gone !== undefined) {
    throw changed(
      gone.name,
      "was applied, but is not among this program's migrations: it was removed or renamed, or the database belongs to a newer version",
      `bring \`migrations/${gone.name}.sql\` back (\`git log -- migrations\`), or run the version that has it`,
    );
  }
  const edited = applied.find(({ name, sha256 }) => known.get(name) !== sha256);
  if (edited !== undefined) {
    throw changed(
      edited.name,
      "was edited after it was applied",
      "take the edit back and write it as a new migration with the next number (docs/schema.md)",
    );
  }
  const done = new Set(applied.map(({ name }) => name));
  const early = manifest.slice(0, applied.length).find(({ name }) => !done.has(name));
  if (early === undefined) return;
  throw changed(
    early.name,
    `is new, but comes before ${applied.at(-1)?.name ?? ""}, which was applied`,
    "give it the next free number",
  );
}

function changed(name: string, problem: string, mend: string): Fault {
  return new Fault({ code: "MIGRATION_CHANGED", where: `migrations/${name}`, problem, mend });
}
