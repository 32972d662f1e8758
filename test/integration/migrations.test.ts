import assert from "node:assert/strict";
import { cpSync, mkdtempSync, renameSync, rmSync, appendFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "#model/fault.ts";
import type { FaultCode } from "#model/fault.ts";
import { migrationManifest, migrationsFolder } from "#providers/migrations/manifest.ts";
import type { ManifestEntry } from "#providers/migrations/manifest.ts";
import { appliedMigrations, apply, changes, observe, revert } from "#providers/migrations/runner.ts";
import { startCluster } from "./postgres.ts";
import type { Cluster, Database } from "./postgres.ts";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Everything of the schema that a catalog can show, without what names its time. */
const inventory = `
  SELECT c.relkind::text || ' ' || c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'mcp'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'mcp'::regnamespace
  UNION ALL SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass FROM pg_trigger t WHERE NOT t.tgisinternal
  UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
   WHERE connamespace = 'mcp'::regnamespace
  ORDER BY 1`;

async function inventoryOf(database: Database): Promise<string[]> {
  const { rows } = await database.run("superuser", (client) => client.query<{ line: string }>(inventory));
  return rows.map(({ line }) => line);
}

async function refusal(work: () => unknown, code: FaultCode): Promise<Fault> {
  let fault: unknown;
  try {
    await work();
  } catch (error) {
    fault = error;
  }
  assert.ok(fault instanceof Fault, `expected a Fault, got ${String(fault)}`);
  assert.equal(fault.code, code, fault.message);
  return fault;
}

describe("migrations", () => {
  let cluster: Cluster;
  const folders: string[] = [];
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    for (const folder of folders) rmSync(folder, { recursive: true });
    await cluster.stop();
  });

  /** A copy of the migrations, to be edited. */
  function copyOfMigrations(): string {
    const folder = mkdtempSync(join(tmpdir(), "migrations-"));
    cpSync(migrationsFolder, folder, { recursive: true });
    folders.push(folder);
    return folder;
  }

  it("go up, wholly down, and up again to the same schema", async () => {
    const database = await cluster.database();
    const empty = await inventoryOf(database);
    await apply(database.migrations());
    const first = await inventoryOf(database);
    await revert(database.migrations(), migrationManifest().length);
    const left = (await inventoryOf(database)).filter((line) => !/migration/.test(line));
    assert.deepEqual(left, empty);
    await apply(database.migrations());
    assert.deepEqual(await inventoryOf(database), first);
  });

  it("go up again from half-way down", async () => {
    const database = await cluster.database();
    await apply(database.migrations());
    const whole = await inventoryOf(database);
    for (const count of [1, 6]) {
      await revert(database.migrations(), count);
      await apply(database.migrations());
      assert.deepEqual(await inventoryOf(database), whole);
    }
  });

  it("record their hashes, and run once", async () => {
    const database = await cluster.database();
    await apply(database.migrations());
    assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), migrationManifest());
    await apply(database.migrations());
    assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), migrationManifest());
  });

  it("run once when two start at the same time", async () => {
    const database = await cluster.database();
    await Promise.all([apply(database.migrations()), apply(database.migrations())]);
    assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), migrationManifest());
  });

  it("belong to the owner, run by a migrator that owns nothing", async () => {
    const database = await cluster.database();
    await apply(database.migrations());
    const { rows } = await database.run("superuser", (client) =>
      client.query(
        "SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'mcp'::regnamespace",
      ),
    );
    assert.deepEqual(rows, [{ owner: "mcp_owner" }]);
  });

  describe("changed after they were applied", () => {
    const edits: [string, string, (folder: string) => void][] = [
      [
        "edited",
        "0002_configuration_files",
        (folder) => appendFileSync(join(folder, "0002_configuration_files.sql"), "-- more\n"),
      ],
      ["removed", "0008_system_metrics", (folder) => rmSync(join(folder, "0008_system_metrics.sql"))],
      [
        "renamed",
        "0001_users",
        (folder) => renameSync(join(folder, "0001_users.sql"), join(folder, "0001_accounts.sql")),
      ],
    ];
    for (const [what, name, edit] of edits) {
      it(`${what}: refused before any change, and in the preview, naming the file`, async () => {
        const database = await cluster.database();
        await apply(database.migrations());
        const folder = copyOfMigrations();
        edit(folder);
        writeFileSync(join(folder, "0100_next.sql"), "CREATE TABLE mcp.next ();");
        const news = database.migrations({ manifest: migrationManifest(folder) });
        const before = await inventoryOf(database);
        const fault = await refusal(() => apply(news, folder), "MIGRATION_CHANGED");
        assert.equal(fault.where, `migrations/${name}`);
        assert.deepEqual(await inventoryOf(database), before);
        const inPreview = await refusal(() => changes(database.migrations(), news), "MIGRATION_CHANGED");
        assert.equal(inPreview.where, `migrations/${name}`);
        await refusal(
          () => changes(database.migrations(), { ...news, systemIdentifier: unknown }),
          "MIGRATION_CHANGED",
        );
        assert.deepEqual(changes(database.migrations(), { ...news, systemIdentifier: "a new volume" }), {
          changes: true,
        });
      });
    }

    it("a new one before an applied one is refused", async () => {
      const database = await cluster.database();
      await apply(database.migrations());
      const folder = copyOfMigrations();
      writeFileSync(join(folder, "0000_early.sql"), "SELECT 1;");
      const news = database.migrations({ manifest: migrationManifest(folder) });
      const fault = await refusal(() => apply(news, folder), "MIGRATION_CHANGED");
      assert.equal(fault.where, "migrations/0000_early");
    });

    it("files that changed between preview and run are refused", async () => {
      const database = await cluster.database();
      const folder = copyOfMigrations();
      appendFileSync(join(folder, "0003_api_keys.sql"), "-- more\n");
      await refusal(() => apply(database.migrations(), folder), "MIGRATION_CHANGED");
      assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), []);
    });
  });

  it("one that fails leaves nothing, and the next run continues with it", async () => {
    const database = await cluster.database();
    const folder = copyOfMigrations();
    const failing = join(folder, "0101_fails.sql");
    writeFileSync(join(folder, "0100_works.sql"), "CREATE TABLE mcp.works (id int);");
    writeFileSync(failing, "CREATE TABLE mcp.half (id int);\nSELECT 1 / 0;");
    const inputs = (): ReturnType<Database["migrations"]> =>
      database.migrations({ manifest: migrationManifest(folder) });
    const fault = await refusal(() => apply(inputs(), folder), "MIGRATION_FAILED");
    assert.equal(fault.where, "migrations/0101_fails");
    assert.match(fault.problem, /division by zero.*nothing of this migration remains/);
    const names = (await appliedMigrations(database.as("mcp_migrator"))).map(({ name }) => name);
    assert.equal(names.at(-1), "0100_works");
    assert.ok(!(await inventoryOf(database)).some((line) => line.includes(" half ")));
    writeFileSync(failing, "CREATE TABLE mcp.half (id int);");
    await apply(inputs(), folder);
    assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), inputs().manifest);
  });

  it("written in TypeScript run too", async () => {
    const database = await cluster.database();
    const folder = copyOfMigrations();
    writeFileSync(
      join(folder, "0100_typed.ts"),
      `import type { MigrationBuilder } from "node-pg-migrate";
       export const up = (pgm: MigrationBuilder): void => { pgm.sql("CREATE TABLE mcp.typed (id int)"); };`,
    );
    await apply(database.migrations({ manifest: migrationManifest(folder) }), folder);
    assert.ok((await inventoryOf(database)).some((line) => line.includes(" typed ")));
  });

  it("that wait for a lock give up in time instead of stopping the servers, and try again", async () => {
    const database = await cluster.database();
    const folder = copyOfMigrations();
    await apply(database.migrations());
    writeFileSync(join(folder, "0100_locks.sql"), "ALTER TABLE mcp.users ADD COLUMN nickname text;");
    const inputs = database.migrations({ manifest: migrationManifest(folder) });
    await database.run("mcp_migrator", async (client) => {
      await client.query("BEGIN; SET ROLE mcp_owner; LOCK TABLE mcp.users IN ACCESS SHARE MODE");
      const running = apply(inputs, folder);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      await client.query("COMMIT");
      await running;
    });
    assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), inputs.manifest);
  });

  describe("the embedding dimension", () => {
    const dimension =
      "SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'mcp.memory_items'::regclass AND attname = 'embedding'";

    it("is that of the settings, and changes on a database without embeddings", async () => {
      const database = await cluster.database();
      for (const wanted of [384, 3, 3072, 1536]) {
        await apply(database.migrations({ embeddingDimension: wanted }));
        const { rows } = await database.run("superuser", (client) =>
          client.query<{ type: string }>(dimension),
        );
        assert.equal(rows[0]?.type, `vector(${wanted})`);
        const { rows: index } = await database.run("superuser", (client) =>
          client.query<{ definition: string }>(
            "SELECT pg_get_indexdef('mcp.idx_memory_items_embedding'::regclass) AS definition",
          ),
        );
        assert.match(index[0]!.definition, wanted > 2000 ? /halfvec_cosine_ops/ : /vector_cosine_ops/);
      }
    });

    it("is refused on a database with embeddings, before any change, with the way out", async () => {
      const database = await cluster.database();
      await database.build({ embeddingDimension: 3 });
      await database.run("app_user_1", (client) =>
        client.query("INSERT INTO memory_items (memory_id, content, embedding) VALUES ('m', 'c', '[1,2,3]')"),
      );
      const folder = copyOfMigrations();
      writeFileSync(join(folder, "0100_next.sql"), "CREATE TABLE mcp.next ();");
      const news = database.migrations({ embeddingDimension: 4, manifest: migrationManifest(folder) });
      const fault = await refusal(() => apply(news, folder), "EMBEDDING_DIMENSION");
      assert.match(fault.mend, /back to 3/);
      assert.deepEqual(await appliedMigrations(database.as("mcp_migrator")), migrationManifest());
      const wayOut = /`(UPDATE [^`]+)`/.exec(fault.mend)![1]!;
      await database.run("app_user_1", (client) => client.query(wayOut));
      await apply(news, folder);
      const { rows } = await database.run("superuser", (client) => client.query<{ type: string }>(dimension));
      assert.equal(rows[0]?.type, "vector(4)");
    });
  });

  describe("what a refresh sees", () => {
    it("is what the database holds", async () => {
      const database = await cluster.database();
      const inputs = database.migrations();
      await apply(inputs);
      assert.deepEqual(await observe(inputs), inputs);
      assert.deepEqual(changes(await observe(inputs), inputs), { changes: false });
    });

    it("shows a missing record, another retention and a lost schema as a change", async () => {
      const database = await cluster.database();
      const inputs = database.migrations();
      assert.deepEqual((await observe(inputs)).manifest, []);
      await apply(inputs);
      const last = migrationManifest().at(-1)!.name;
      await database.run("superuser", (client) =>
        client.query(
          `UPDATE mcp.maintenance_settings SET retention_days = 1; DELETE FROM mcp.schema_migrations WHERE name = '${last}'`,
        ),
      );
      const seen = await observe(inputs);
      assert.equal(seen.retention.auditLogs, 1);
      assert.deepEqual(seen.manifest, migrationManifest().slice(0, -1) satisfies ManifestEntry[]);
      assert.deepEqual(changes(seen, inputs), { changes: true });
    });

    it("is the last known state while the server does not answer", async () => {
      const database = await cluster.database();
      const inputs = database.migrations({ connection: { ...database.as("mcp_migrator"), port: 1 } });
      assert.deepEqual(await observe(inputs), inputs);
    });
  });
});
