import assert from "node:assert/strict";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database } from "#test/integration/postgres.ts";
import { asker, refused } from "./asker.ts";
import type { Row } from "./asker.ts";

/** Faults 2 and 3 of docs/schema.md. */
describe("configuration files", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());
  const { user, owner } = asker(() => database);
  const write = (path: string, content: string): Promise<Row[]> =>
    user(
      `INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum)
       VALUES ($1, 'f', 'json', $2, md5($2)) ON CONFLICT (file_path) DO UPDATE
       SET content = EXCLUDED.content, checksum = EXCLUDED.checksum RETURNING version, is_active`,
      [path, content],
    );
  const history = (path: string): Promise<Row[]> =>
    user(
      "SELECT version, change, content FROM configuration_file_versions WHERE file_path = $1 ORDER BY id",
      [path],
    );

  it("an UPDATE leaves the file active and counts the version", async () => {
    await write("/a", "one");
    assert.deepEqual(await write("/a", "two"), [{ version: 2, is_active: true }]);
    assert.deepEqual(
      await user("UPDATE configuration_files SET content = 'three' WHERE file_path = '/a' RETURNING version"),
      [{ version: 3 }],
    );
    assert.deepEqual(
      await user(
        "UPDATE configuration_files SET file_name = file_name WHERE file_path = '/a' RETURNING version",
      ),
      [{ version: 3 }],
    );
  });

  it("older versions can be read, and changed by nobody", async () => {
    assert.deepEqual(
      (await history("/a")).map(({ version, content }) => [version, content]),
      [
        [1, "one"],
        [2, "two"],
        [3, "three"],
      ],
    );
    await refused(
      owner("UPDATE configuration_file_versions SET content = 'x'"),
      /are a record: UPDATE is refused/,
    );
    await refused(owner("DELETE FROM configuration_file_versions"), /are a record: DELETE is refused/);
    await refused(owner("TRUNCATE configuration_file_versions"), /are a record: TRUNCATE is refused/);
  });

  it("a version cannot go back", async () => {
    await refused(
      user("UPDATE configuration_files SET version = 1 WHERE file_path = '/a'"),
      /cannot go back from 3 to 1/,
    );
  });

  it("DELETE is soft, counts its row and keeps the id; the path is free again and goes on counting", async () => {
    const [before] = await user("SELECT id FROM configuration_files WHERE file_path = '/a'");
    const deleted = await database.run("app_user_1", (client) =>
      client.query("DELETE FROM configuration_files WHERE file_path = '/a'"),
    );
    assert.equal(deleted.rowCount, 1);
    const [after] = await user(
      "SELECT id, is_active, deleted_at IS NOT NULL AS deleted, content FROM configuration_files WHERE file_path = '/a'",
    );
    assert.deepEqual(after, { ...before, is_active: false, deleted: true, content: "three" });
    await user(
      "INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum) VALUES ('/a', 'f', 'json', 'four', 'c')",
    );
    assert.deepEqual(
      await user("SELECT version, is_active FROM configuration_files WHERE file_path = '/a'"),
      [{ version: 4, is_active: true }],
    );
    assert.deepEqual(
      (await history("/a")).map(({ version, change }) => `${String(version)} ${String(change)}`),
      ["1 written", "2 written", "3 written", "3 deleted", "4 written"],
    );
  });

  it("a deleted file can be brought back, deleted again, and removed for good", async () => {
    await user("DELETE FROM configuration_files WHERE file_path = '/a'");
    await user("UPDATE configuration_files SET is_active = true WHERE file_path = '/a'");
    assert.deepEqual(await user("SELECT deleted_at FROM configuration_files WHERE file_path = '/a'"), [
      { deleted_at: null },
    ]);
    await user("DELETE FROM configuration_files WHERE file_path = '/a'");
    await user("DELETE FROM configuration_files WHERE file_path = '/a'");
    assert.deepEqual(await user("SELECT id FROM configuration_files WHERE file_path = '/a'"), []);
    assert.equal((await history("/a")).length, 7);
  });

  it("all at once: one DELETE without condition", async () => {
    await write("/b", "b");
    await write("/c", "c");
    await user("DELETE FROM configuration_files");
    assert.deepEqual(await user("SELECT file_path, is_active FROM configuration_files ORDER BY 1"), [
      { file_path: "/b", is_active: false },
      { file_path: "/c", is_active: false },
    ]);
  });
});
