import assert from "node:assert/strict";
import { withSession } from "#providers/database/connect.ts";
import { apply as applyGrants } from "#providers/grants/runner.ts";
import { changes, checksum, observe, record, type HistoryInputs } from "#providers/history/runner.ts";
import { setStage, type Stage } from "./access/stage.ts";

describe("the history of delivered files", function () {
  this.timeout(180_000);
  let stage: Stage;
  const a = "/etc/kilocode/mcp/a.json";
  const env = "/etc/kilocode/mcp/.env";

  before(async () => {
    stage = await setStage();
    await stage.migrate();
    await applyGrants(stage.grants());
  });
  after(() => stage.stop());

  const inputs = (files: Record<string, string>): HistoryInputs => ({
    connection: stage.login("provisioner_1"),
    files,
    folder: "/etc/kilocode/",
    systemIdentifier: stage.systemIdentifier,
  });
  const first: Record<string, string> = { [a]: '{"a":1}', [env]: "API_KEY=${secret:api-key}\n" };
  const query = (sql: string) =>
    stage.asSuperuser(async (client) => (await client.query<Record<string, unknown>>(sql)).rows);
  const versions = async () =>
    (await query("SELECT * FROM mcp.configuration_file_versions ORDER BY id")).map(
      (row) => `${String(row["file_path"])} ${String(row["version"])} ${String(row["change"])}`,
    );

  it("holds path, name, type, referenced text and its checksum", async () => {
    await record(inputs(first));
    const rows = await query(
      "SELECT file_path, file_name, file_type, content, checksum, version, is_active FROM mcp.configuration_files ORDER BY id",
    );
    const row = (path: string, name: string, type: string) => ({
      file_path: path,
      file_name: name,
      file_type: type,
      content: first[path],
      checksum: checksum(first[path]!),
      version: 1,
      is_active: true,
    });
    assert.deepEqual(rows, [row(a, "a.json", "json"), row(env, ".env", "env")]);
    assert.deepEqual(await observe(inputs(first)), inputs(first));
  });

  it("counts only files that changed, keeps a deletion, and goes on counting afterwards", async () => {
    await record(inputs(first));
    await record(inputs({ ...first, [a]: '{"a":2}' }));
    await record(inputs({ [a]: '{"a":2}' }));
    await record(inputs({ [a]: '{"a":2}' }));
    await record(inputs(first));
    assert.deepEqual(await versions(), [
      `${a} 1 written`,
      `${env} 1 written`,
      `${a} 2 written`,
      `${env} 1 deleted`,
      `${a} 3 written`,
      `${env} 2 written`,
    ]);
    assert.deepEqual(await observe(inputs(first)), inputs(first));
  });

  it("sees what was changed by hand, and puts it right as a new version", async () => {
    for (const sql of [
      `UPDATE configuration_files SET content = 'x' WHERE file_path = '${a}'`,
      `UPDATE configuration_files SET checksum = 'x' WHERE file_path = '${a}'`,
      `UPDATE configuration_files SET is_active = false WHERE file_path = '${a}'`,
      `DELETE FROM configuration_files WHERE file_path = '${a}'`,
      "INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum) VALUES ('/etc/kilocode/x', 'x', 'x', 'x', 'x')",
    ]) {
      await withSession(stage.login("app_user_1"), (client) => client.query(sql));
      const observed = await observe(inputs(first));
      assert.deepEqual(changes(observed, inputs(first)), { changes: true }, sql);
      await record(inputs(first));
      assert.deepEqual(await observe(inputs(first)), inputs(first), sql);
    }
  });

  it("leaves rows of others alone", async () => {
    await withSession(stage.login("app_user_1"), (client) =>
      client.query(
        "INSERT INTO configuration_files (file_path, file_name, file_type, content, checksum) VALUES ('/srv/mine', 'mine', 'txt', 'x', 'x')",
      ),
    );
    await record(inputs(first));
    assert.deepEqual(
      await query("SELECT is_active FROM mcp.configuration_files WHERE file_path = '/srv/mine'"),
      [{ is_active: true }],
    );
    assert.deepEqual(await observe(inputs(first)), inputs(first));
  });

  it("keeps what is known when the server does not answer", async () => {
    const dead = { ...inputs(first), connection: { ...stage.login("provisioner_1"), port: 1 } };
    assert.deepEqual(await observe(dead), dead);
  });
});
