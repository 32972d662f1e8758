import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { serverNames } from "#model/names.ts";
import type { ServerName } from "#model/names.ts";
import { connectClient } from "#test/integration/servers/request.ts";
import { startServer } from "#test/integration/servers/serverProcess.ts";
import type { ServerProcess } from "#test/integration/servers/serverProcess.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";
import { startKeyProxy } from "./keyProxy.ts";
import type { KeyProxy } from "./keyProxy.ts";
import { complaints, revisions, runScenario, runSuite, scoredScenarios } from "./suite.ts";
import type { Revision, Scenario } from "./suite.ts";

/** What passes on a server with its own tools only; all else that is scored needs the suite's fixtures. */
interface Baseline {
  readonly passes: readonly string[];
  /** Scenarios about the protocol that need some fixtures: the checks that cannot pass without them. */
  readonly partly: Readonly<Record<string, readonly string[]>>;
}

const baseline = JSON.parse(readFileSync(new URL("baseline.json", import.meta.url), "utf8")) as Record<
  Revision,
  Record<ServerName, Baseline>
>;

describe("each server by the conformance suite, through its authentication", function () {
  this.timeout(600_000);
  let stage: ReadyStage;
  let proxy: KeyProxy;
  let server: ServerProcess | undefined;

  before(async () => {
    stage = await readyStage();
    proxy = await startKeyProxy();
  });
  afterEach(async () => {
    await server?.end();
    server = undefined;
  });
  after(async () => {
    await proxy?.close();
    await stage?.stop();
  });

  for (const name of serverNames) {
    it(`${name} passes what needs no fixture, and nothing unexpected`, async () => {
      const security = { allowedOrigins: [proxy.origin], rateLimit: { enabled: false } };
      server = await startServer(stage, {
        server: name,
        overrides: { [name]: { security }, access: { access: { rateLimit: { enabled: false } } } },
      });
      proxy.target(server, stage.keys.admin);
      for (const revision of revisions) {
        const { passes, partly } = baseline[revision][name];
        const scenarios = await runSuite(proxy.url, revision);
        const found = new Map(scenarios.map((scenario) => [scenario.name, scenario]));
        assert.deepEqual([...found.keys()].sort(), scoredScenarios(revision).sort());
        const passing = scenarios.filter(({ passed }) => passed);
        assert.deepEqual(
          passing.map((scenario) => scenario.name).sort(),
          passes.toSorted(),
          complaints(scenarios.filter((scenario) => passes.includes(scenario.name))).join("\n"),
        );
        for (const [scenario, checks] of Object.entries(partly)) {
          assert.deepEqual(complaining(found.get(scenario)!), checks.toSorted());
        }
      }
      const { client, close } = await connectClient(server, stage.keys.admin);
      const { tools } = await client.listTools();
      await close();
      assert.ok(tools.length > 0);
      const headers = await runScenario(proxy.url, "2026-07-28", "http-header-validation");
      assert.deepEqual(complaints([headers]), []);
      assert.ok(headers.passed);
    });
  }

  it("passes nothing through a proxy with a wrong key", async () => {
    server = await startServer(stage);
    proxy.target(server, `kcp_${"0".repeat(32)}`);
    const scenarios = await runSuite(proxy.url, "2025-11-25");
    assert.deepEqual(
      scenarios.filter(({ passed }) => passed).map((scenario) => scenario.name),
      [],
    );
  });
});

function complaining({ checks }: Scenario): string[] {
  const ids = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING").map(({ id }) => id);
  return [...new Set(ids)].sort();
}
