import assert from "node:assert/strict";
import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually, memoryStage } from "./memoryStage.ts";
import type { MemoryStage } from "./memoryStage.ts";

// Each test delivers another memory.json to the running server: what it shows takes effect live.
describe("keys of memory.json in a running server", function () {
  this.timeout(180_000);
  let memory: MemoryStage;

  before(async () => {
    memory = await memoryStage();
  });
  after(() => memory?.end());
  beforeEach(() => memory.sql("DELETE FROM mcp.memory_items"));

  const ids = async () =>
    (await memory.sql<{ memory_id: string }>("SELECT memory_id FROM mcp.memory_items ORDER BY id")).map(
      ({ memory_id }) => memory_id,
    );
  const store = (memory_id: string, content = `content of ${memory_id}`, more: object = {}) =>
    memory.ok("store_memory", { memory_id, content, ...more });
  const lineAfter = async (message: string, work: () => Promise<unknown>) => {
    const before = memory.server.log.length;
    await work();
    return memory.server.line(message, before);
  };
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  it("memory.maxItems: beyond it, the least used of who has most are removed, and never the new one", async () => {
    await memory.deliver({ memory: { maxItems: 4 } });
    for (const id of ["a", "b", "c"]) await store(id, `content of ${id}`, { tags: [id] });
    await memory.ok("store_memory", { memory_id: "theirs", content: "theirs" }, "second");
    await memory.found("search_by_tag", { tags: ["a", "c"] });
    await eventually(
      async () => (await memory.sql("SELECT FROM mcp.memory_items WHERE access_count = 1")).length === 2,
      "accesses counted",
    );
    assert.equal((await store("d"))["evicted"], 1);
    assert.deepEqual(await ids(), ["a", "c", "theirs", "d"]);
    // Fewer than there are: the next round of cleaning brings their number down.
    await memory.makeDue("expiry");
    await lineAfter("expired memories removed", () => memory.deliver({ memory: { maxItems: 2 } }));
    assert.equal((await ids()).length, 2);
  });

  it("memory.maxSizePerItem is the most bytes of a content", async () => {
    await memory.deliver({ memory: { maxSizePerItem: 10 } });
    await store("fits", "ünï 5678");
    assert.match(await memory.refused("store_memory", { content: "ünï 567890" }), /has 12 bytes; at most 10/);
  });

  it("memory.defaultTags are those of a memory that was stored without any", async () => {
    await memory.deliver({ memory: { defaultTags: ["inbox", "new"] } });
    assert.deepEqual((await store("a"))["tags"], ["inbox", "new"]);
    assert.deepEqual((await store("b", "b", { tags: ["own"] }))["tags"], ["own"]);
  });

  it("memory.retentionDays says when a memory stored without expires_at is forgotten", async () => {
    await memory.deliver({ memory: { retentionDays: 2 } });
    const days = async (more: object) => {
      const { expires_at } = (await store("a", "a", more)) as { expires_at: string };
      return Math.round((Date.parse(expires_at) - Date.now()) / 86_400_000);
    };
    assert.equal(await days({}), 2);
    assert.equal(await days({ expires_at: new Date(Date.now() + 9 * 86_400_000).toISOString() }), 9);
  });

  it("memory.similarityThreshold leaves out what is less similar", async () => {
    await store("ports", "PostgreSQL listens on port 5432");
    await store("other", "the birthday of somebody is in March");
    const found = async (similarityThreshold: number) => {
      await memory.deliver({ memory: { similarityThreshold } });
      return (await memory.found("retrieve_memory", { query: "PostgreSQL port" })).length;
    };
    assert.deepEqual([await found(0), await found(0.3), await found(0.99)], [2, 1, 0]);
  });

  it("database.cleanupInterval: expired memories are never answered, and removed when it is over", async () => {
    const message = "expired memories removed";
    await memory.deliver({ database: { cleanupInterval: 3600 } });
    await store("over", "over", { tags: ["t"] });
    await store("kept", "kept", { tags: ["t"] });
    await memory.sql(
      "UPDATE mcp.memory_items SET expires_at = now() - interval '1 second' WHERE memory_id = 'over'",
    );
    for (const [name, args] of [
      ["search_by_tag", { tags: ["t"] }],
      ["recall_memory", { query: "today" }],
      ["retrieve_memory", { query: "over", min_similarity: 0 }],
    ] as const) {
      assert.deepEqual(
        (await memory.found(name, args)).map(({ memory_id }) => memory_id),
        ["kept"],
      );
    }
    assert.match(await memory.refused("update_memory", { memory_id: "over", shared: true }), /no memory/);
    const past =
      "UPDATE mcp.memory_rounds SET started_at = now() - interval '100 seconds' WHERE round = 'expiry'";
    await memory.sql(past);
    const before = memory.server.log.length;
    await memory.deliver({ database: { cleanupInterval: 3600 } });
    await pause(1000);
    assert.ok(!memory.server.log.slice(before).some(({ msg }) => msg === message), "too early");
    await memory.sql(past);
    const line = await lineAfter(message, () => memory.deliver({ database: { cleanupInterval: 60 } }));
    assert.equal(line["expired"], 1);
    assert.deepEqual(await ids(), ["kept"]);
  });

  it("memory.autoConsolidate: equal and nearly equal memories of one owner become one, with the tags of all", async () => {
    const text =
      "The nightly backup of the customer database runs at two in the morning on the standby server in Frankfurt";
    const tagsOf = async () =>
      (
        await memory.sql<{ memory_id: string; tags: string[] }>(
          "SELECT memory_id, tags FROM mcp.memory_items ORDER BY id",
        )
      ).map(({ memory_id, tags }) => [memory_id, tags.toSorted().join()]);
    await memory.deliver({ memory: { autoConsolidate: false } });
    await store("equal", "the same", { tags: ["a"], metadata: { x: 1 } });
    await store("equal-2", "the same", { tags: ["b"], metadata: { x: 2, y: 3 } });
    await store("near", text, { tags: ["c"] });
    await store("near-2", `${text}.`, { tags: ["d"] });
    await store("shared", "the same", { tags: ["e"], shared: true });
    await memory.ok("store_memory", { memory_id: "theirs", content: "the same", tags: ["f"] }, "second");
    const all = await tagsOf();
    await memory.makeDue("consolidation");
    await memory.deliver({ memory: { autoConsolidate: false } });
    await pause(1000);
    assert.deepEqual(await tagsOf(), all);
    const line = await lineAfter("memories consolidated", () => memory.deliver({}));
    assert.deepEqual([line["equal"], line["similar"]], [1, 1]);
    assert.deepEqual(await tagsOf(), [
      ["equal", "a,b"],
      ["near-2", "c,d"],
      ["shared", "e"],
      ["theirs", "f"],
    ]);
    const rows = await memory.sql("SELECT metadata FROM mcp.memory_items WHERE memory_id = 'equal'");
    assert.deepEqual(rows, [{ metadata: { x: 1, y: 3 } }]);
  });

  it("memory.consolidationInterval says when that is done again", async () => {
    await store("one", "the same");
    await store("two", "the same");
    const past =
      "UPDATE mcp.memory_rounds SET started_at = now() - interval '100 seconds' WHERE round = 'consolidation'";
    await memory.sql(past);
    await memory.deliver({ memory: { consolidationInterval: 3600 } });
    await pause(1000);
    assert.equal((await ids()).length, 2);
    await memory.sql(past);
    await lineAfter("memories consolidated", () => memory.deliver({ memory: { consolidationInterval: 60 } }));
    assert.equal((await ids()).length, 1);
  });

  it("database.backupInterval, backupsPath and compression say when, where and how an export is written", async () => {
    const folder = join(memory.server.state, "memory_db");
    const keys = { backupsPath: "/opt/kilocode/mcp-servers/memory_db", compression: false };
    const past =
      "UPDATE mcp.memory_rounds SET started_at = now() - interval '100 seconds' WHERE round = 'backup'";
    await store("a", "canary-51 in an export");
    await memory.sql(past);
    await memory.deliver({ database: { ...keys, backupInterval: 3600 } });
    await pause(1000);
    assert.deepEqual(await readdir(folder).catch(() => []), []);
    await memory.sql(past);
    const line = await lineAfter("memories exported", () =>
      memory.deliver({ database: { ...keys, backupInterval: 60 } }),
    );
    assert.deepEqual(await readdir(folder), [line["file"]]);
    const path = join(folder, line["file"] as string);
    const text = await readFile(path, "utf8");
    assert.match(text, /"memory_id":"a"/);
    assert.ok(!text.includes("canary-51"), "content is encrypted in an export, too");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await memory.makeDue("backup");
    const zipped = await lineAfter("memories exported", () =>
      memory.deliver({ database: { ...keys, compression: true } }),
    );
    assert.match(zipped["file"] as string, /\.jsonl\.gz$/);
    const magic = (await readFile(join(folder, zipped["file"] as string))).subarray(0, 2);
    assert.deepEqual([...magic], [0x1f, 0x8b]);
  });

  it("database.backupRetention removes older exports, and nothing else", async () => {
    const folder = join(memory.server.state, "memory_backups");
    const name = (days: number) =>
      `memories-${new Date(Date.now() - days * 86_400_000).toISOString().replaceAll(/[:.]/g, "-")}.jsonl`;
    const [old, young] = [name(3), name(1)];
    for (const file of [old, young, "notes.txt"]) {
      await writeFile(join(folder, file), "");
      await utimes(join(folder, file), 0, 0);
    }
    const left = async (backupRetention: number) => {
      await memory.makeDue("backup");
      await lineAfter("memories exported", () => memory.deliver({ database: { backupRetention } }));
      const files = await readdir(folder);
      return [old, young, "notes.txt"].filter((file) => files.includes(file));
    };
    assert.deepEqual(await left(4), [old, young, "notes.txt"]);
    assert.deepEqual(await left(2), [young, "notes.txt"]);
  });

  const sessions = async (state: string) =>
    (
      await memory.sql(
        `SELECT FROM pg_stat_activity WHERE application_name = 'kilocode memory items' AND ${state}`,
      )
    ).length;

  it("database.pool.min and max of the memory server bound the connections that work on memories", async () => {
    await memory.deliver({ database: { pool: { min: 1, max: 3, idleTimeoutMillis: 300 } } });
    await eventually(async () => (await sessions("true")) <= 3, "the connections before are closed");
    const calls = await memory.stage.asSuperuser(async (session) => {
      await session.query("BEGIN; LOCK TABLE mcp.memory_items IN ACCESS EXCLUSIVE MODE");
      const underWay = Array.from({ length: 8 }, () => memory.call("search_by_tag", { tags: ["t"] }));
      await eventually(async () => (await sessions("wait_event_type = 'Lock'")) === 3, "three wait");
      await pause(500);
      assert.equal(await sessions("true"), 3);
      await session.query("ROLLBACK");
      return Promise.all(underWay);
    });
    assert.ok(calls.every(({ failed }) => !failed));
    await eventually(async () => (await sessions("true")) === 1, "one stays");
    await pause(1000);
    assert.ok((await sessions("true")) >= 1);
  });
});
