import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startServer } from "#test/integration/servers/serverProcess.ts";
import type { ServerProcess } from "#test/integration/servers/serverProcess.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";
import { startKeyProxy } from "./keyProxy.ts";
import type { KeyProxy } from "./keyProxy.ts";
import { complaints, runSuite, scoredScenarios } from "./suite.ts";
import type { Scenario } from "./suite.ts";

/** Scenarios of 2025-11-25 in which the server asks its client, or goes by its session: without one they cannot pass. */
const needSession = [
  "tools-call-sampling",
  "tools-call-elicitation",
  "elicitation-sep1034-defaults",
  "elicitation-sep1330-enums",
  "server-sse-multiple-streams",
];

const scored = { "2025-11-25": 30, "2026-07-28": 37 } as const;

describe("the runtime by the conformance suite", function () {
  this.timeout(600_000);
  let stage: ReadyStage;
  let proxy: KeyProxy;
  const servers: ServerProcess[] = [];

  before(async () => {
    stage = await readyStage();
    proxy = await startKeyProxy();
  });
  after(async () => {
    for (const server of servers) await server.end();
    await proxy?.close();
    await stage?.stop();
  });

  /** The runtime with the fixtures, behind the proxy. */
  async function mount(program: string): Promise<void> {
    const server = await startServer(stage, {
      program: fileURLToPath(new URL(program, import.meta.url)),
      overrides: {
        postgres: { security: { allowedOrigins: [proxy.origin], rateLimit: { enabled: false } } },
      },
    });
    servers.push(server);
    proxy.target(server, stage.keys.admin);
  }

  const names = (scenarios: readonly Scenario[]) => scenarios.map(({ name }) => name).sort();
  const failed = (scenarios: readonly Scenario[]) => names(scenarios.filter(({ passed }) => !passed));

  it("passes every scored scenario of 2026-07-28", async () => {
    await mount("./fixtureServer.ts");
    const scenarios = await runSuite(proxy.url, "2026-07-28");
    assert.deepEqual(complaints(scenarios), []);
    assert.deepEqual(names(scenarios), scoredScenarios("2026-07-28").sort());
    assert.deepEqual(failed(scenarios), []);
    assert.equal(scenarios.length, scored["2026-07-28"]);
  });

  it("passes every scored scenario of 2025-11-25 that needs no session, without sessions", async () => {
    await mount("./fixtureServer.ts");
    const scenarios = await runSuite(proxy.url, "2025-11-25");
    assert.deepEqual(names(scenarios), scoredScenarios("2025-11-25").sort());
    assert.equal(scenarios.length, scored["2025-11-25"]);
    const others = scenarios.filter(({ name }) => !needSession.includes(name));
    assert.deepEqual(complaints(others), []);
    assert.deepEqual(failed(scenarios), needSession.toSorted());
  });

  it("passes every scored scenario of 2025-11-25 on the SDK's session transport", async () => {
    await mount("./sessionServer.ts");
    const scenarios = await runSuite(proxy.url, "2025-11-25");
    assert.deepEqual(complaints(scenarios), []);
    assert.deepEqual(names(scenarios), scoredScenarios("2025-11-25").sort());
    assert.deepEqual(failed(scenarios), []);
  });
});
