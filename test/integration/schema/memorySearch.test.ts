import assert from "node:assert/strict";
import { indexedDistance } from "#servers/memory/indexedDistance.ts";
import { vectorBytes } from "#servers/memory/vectorParameter.ts";
import { setStage } from "#test/integration/access/stage.ts";
import type { Stage } from "#test/integration/access/stage.ts";

const index = "idx_memory_items_embedding";

describe("searching memories", function () {
  this.timeout(120_000);
  let stage: Stage;

  before(async () => {
    stage = await setStage();
    await stage.migrate();
  });
  after(() => stage?.stop());

  /** The plan of a search by this distance, which the planner would rather do otherwise: there is one row. */
  const planOf = (distance: string, dimension: number): Promise<string> =>
    stage.asSuperuser(async (client) => {
      await client.query("DELETE FROM mcp.memory_items");
      await client.query(`SELECT mcp.set_embedding_dimension(${dimension})`);
      const vector = vectorBytes([1, ...Array.from({ length: dimension - 1 }, () => 0)]);
      await client.query(
        "INSERT INTO mcp.memory_items (memory_id, content, embedding) VALUES ('m', 'x', $1::extensions.vector)",
        [vector],
      );
      await client.query("SET enable_sort TO off; SET enable_seqscan TO off");
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        `EXPLAIN (COSTS off) SELECT id FROM mcp.memory_items ORDER BY ${distance} LIMIT 1`,
        [vector],
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });

  for (const dimension of [3, 2000, 2001, 4000])
    it(`goes through the index where embeddings have ${dimension} numbers`, async () => {
      const distance = indexedDistance("embedding", "$1::extensions.vector", dimension);
      assert.match(await planOf(distance, dimension), new RegExp(`Index Scan using ${index}`));
    });

  it("does not go through it by the whole numbers where it holds half precision (control)", async () => {
    const distance = "embedding OPERATOR(extensions.<=>) $1::extensions.vector";
    assert.doesNotMatch(await planOf(distance, 2001), new RegExp(index));
  });

  it("has candidates up to a number, and none said beyond", async () => {
    const counts = await stage.asSuperuser(async (client) => {
      await client.query("DELETE FROM mcp.memory_items");
      await client.query(
        "INSERT INTO mcp.memory_items (memory_id, content, owner, tags) SELECT n, 'x', 'a', '{t}' FROM generate_series(1, 5) AS n",
      );
      await client.query("SET kilocode.client TO 'a'");
      const { rows } = await client.query<{ count: number | null }>(
        `SELECT cardinality(mcp.memory_candidates(tags, every, NULL, NULL, most)) AS count
           FROM (VALUES (NULL::text[], true), ('{t}', true), ('{t}', false)) AS f (tags, every), (VALUES (5), (4)) AS m (most)
          ORDER BY most DESC`,
      );
      return rows.map(({ count }) => count);
    });
    assert.deepEqual(counts, [5, 5, 5, null, null, null]);
  });
});
