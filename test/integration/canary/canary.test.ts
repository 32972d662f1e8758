import assert from "node:assert/strict";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverNames } from "#model/names.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { eventually } from "#test/integration/servers/memoryStage.ts";
import { startServer } from "#test/integration/servers/serverProcess.ts";
import type { ServerProcess } from "#test/integration/servers/serverProcess.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";
import { leaks, secretForms } from "#test/leaks.ts";
import { canary, plant } from "./plant.ts";
import { collectSinks } from "./sinks.ts";

describe("a secret or a content that a server was given", function () {
  this.timeout(300_000);
  let stage: ReadyStage;
  let server: ServerProcess | undefined;
  const pair = selfSigned();

  before(async () => {
    stage = await readyStage();
  });
  afterEach(async () => {
    await server?.end();
    server = undefined;
  });
  after(() => stage?.stop());

  for (const name of serverNames) {
    it(`is found in nothing that ${name} prints, writes, records or answers`, async () => {
      server = await startServer(stage, { server: name, certificate: pair });
      const { secrets, answers } = await plant(server, stage);
      // Reads are recorded within a second, values at their interval.
      await sleep(2000);
      const sinks = { ...(await collectSinks(server, stage)), ...answers };
      const sought = [...secrets, ...filesSecrets(server)].flatMap(secretForms);
      assert.ok(sought.length > 20, "there is too little to look for");
      assert.deepEqual(leaks(sinks, sought), []);
      // What would be found if it were there: these texts are in those places on purpose.
      assert.match(sinks["standard output"]!, /request refused/);
      assert.match(sinks["table mcp.api_keys"]!, /default\.1/);
    });
  }

  it("is found by the same search in each kind of place, when it is planted there", async () => {
    const planted = canary();
    server = await startServer(stage, {
      certificate: pair,
      overrides: { logging: { logging: { fields: { environment: planted } } } },
    });
    writeFileSync(join(server.state, "planted.txt"), planted);
    await stage.asSuperuser(async (client) => {
      await client.query("UPDATE mcp.configuration_files SET content = $1 WHERE file_name = 'file 1'", [
        planted,
      ]);
      await client.query(`DO $$ BEGIN RAISE WARNING '${planted}'; END $$`);
    });
    // The engine keeps what PostgreSQL prints a moment later.
    await eventually(async () => (await stage.postgresLog()).includes(planted), "PostgreSQL's warning");
    const found = leaks(await collectSinks(server, stage), [planted]).map((line) => line.split(":")[0]!);
    for (const place of [/^standard output/, /^file planted/, /^table /, /^PostgreSQL's log/])
      assert.ok(
        found.some((name) => place.test(name)),
        `${String(place)} among ${found.join(", ")}`,
      );
  });
});

/** What lies in the server's secrets folder, and its private key. */
function filesSecrets({ files, name }: ServerProcess): string[] {
  const folder = realpathSync(join(files, "..data"));
  const read = (path: string) => readFileSync(join(folder, path), "utf8").trim();
  const secrets = [read("ssl/mcp.key"), read("secrets/database-password")];
  const rings = ["jwt-keys", ...(name === "memory" ? ["encryption-keys"] : [])];
  for (const ring of rings) {
    const { keys } = JSON.parse(read(`secrets/${ring}`)) as { keys: Record<string, string> };
    secrets.push(...Object.values(keys));
  }
  return secrets;
}
