import assert from "node:assert/strict";
import type { RecordedFacts } from "#model/compliance/deploymentFacts.ts";
import { apply, changes, observe } from "#providers/facts/runner.ts";
import type { FactsInputs } from "#providers/facts/runner.ts";
import { factsOf } from "#test/integration/servers/complianceStage.ts";
import { readyStage } from "#test/integration/servers/stage.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";

interface Row {
  readonly server: string;
  readonly facts: RecordedFacts;
  readonly written: string;
}

describe("facts of a deployment", function () {
  this.timeout(120_000);
  let stage: ReadyStage;

  before(async () => {
    stage = await readyStage();
  });
  after(() => stage?.stop());

  const inputs = (facts: Record<string, RecordedFacts>): FactsInputs => ({
    connection: stage.login("provisioner_1"),
    facts,
    systemIdentifier: stage.systemIdentifier,
  });
  const rows = () =>
    stage.asSuperuser(async (client) => {
      const found = await client.query<Row>(
        "SELECT server_name AS server, facts, written_at::text AS written FROM mcp.deployment_facts ORDER BY 1",
      );
      return found.rows;
    });
  /** Since when a server has its login's generation. */
  const since = async (server: string): Promise<string> => {
    const row = (await rows()).find((each) => each.server === server);
    assert.ok(row?.facts.enabled);
    return row.facts.credentials["login"]!.since!;
  };
  const two = () => ({ memory: factsOf("memory"), postgres: factsOf("postgres") });

  it("are a row per server, and those of a server that is gone go", async () => {
    await apply(inputs({ ...two(), compliance: { enabled: false } }));
    assert.deepEqual(
      (await rows()).map(({ server, facts }) => [server, facts.enabled]),
      [
        ["compliance", false],
        ["memory", true],
        ["postgres", true],
      ],
    );
    await apply(inputs(two()));
    assert.deepEqual(
      (await rows()).map(({ server }) => server),
      ["memory", "postgres"],
    );
  });

  it("are written again only where they differ", async () => {
    await apply(inputs(two()));
    const before = await rows();
    await apply(inputs({ ...two(), memory: { ...factsOf("memory"), image: "another" } }));
    const after = await rows();
    assert.notEqual(after[0]!.written, before[0]!.written);
    assert.equal(after[1]!.written, before[1]!.written);
  });

  it("say since when a credential has its generation", async () => {
    await apply(inputs(two()));
    const first = await since("memory");
    await apply(inputs({ ...two(), memory: { ...factsOf("memory"), image: "another" } }));
    assert.equal(await since("memory"), first);
    const rotated = {
      ...factsOf("memory"),
      credentials: { login: { generation: 2 }, jwt: { generation: 1 } },
    };
    await apply(inputs({ ...two(), memory: rotated }));
    assert.ok(Date.parse(await since("memory")) > Date.parse(first));
  });

  it("that somebody changed in the database are seen, and mended", async () => {
    await apply(inputs(two()));
    const known = await observe(inputs(two()));
    assert.deepEqual(changes(known, inputs(two())), { changes: false });
    await stage.asSuperuser((client) =>
      client.query(`UPDATE mcp.deployment_facts SET facts = jsonb_set(facts, '{readOnlyRoot}', 'false')`),
    );
    const found = await observe(inputs(two()));
    assert.deepEqual(changes(found, inputs(two())), { changes: true });
    await apply(inputs(two()));
    assert.deepEqual(changes(await observe(inputs(two())), inputs(two())), { changes: false });
  });

  it("are taken to be as they were where the database does not answer", async () => {
    const away = { ...inputs(two()), connection: { ...stage.login("provisioner_1"), port: 1 } };
    assert.deepEqual(await observe(away), away);
  });
});
