import assert from "node:assert/strict";
import { postgresFile } from "#model/files/schema/postgres.ts";
import { loadConfig } from "#servers/runtime/loadConfig.ts";
import { maintain } from "#servers/runtime/maintenance.ts";
import { startServer, type ServerProcess } from "./serverProcess.ts";
import { readyStage, type ReadyStage } from "./stage.ts";

describe("a server's timer", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage);
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  it("runs the database's maintenance with the server's own login, and again only when it is due", async () => {
    const loaded = await loadConfig(server.files, "postgres", postgresFile);
    await stage.asSuperuser((client) => client.query("DELETE FROM mcp.maintenance_runs"));
    const round = await maintain("postgres", loaded);
    assert.deepEqual(round?.problems, []);
    assert.equal(await maintain("postgres", loaded), undefined);
  });
});
