import assert from "node:assert/strict";
import { eventually, memoryStage } from "./memoryStage.ts";
import type { ClientName, Memory, MemoryStage } from "./memoryStage.ts";

describe("the memory server", function () {
  this.timeout(180_000);
  let memory: MemoryStage;
  const ok: MemoryStage["ok"] = (...args) => memory.ok(...args);
  const memoriesOf = (structured: Record<string, unknown>) => structured["memories"] as Memory[];
  const contents = (structured: Record<string, unknown>) =>
    memoriesOf(structured).map(({ content }) => content);

  before(async () => {
    memory = await memoryStage();
  });
  after(() => memory?.end());
  beforeEach(() => memory.sql("DELETE FROM mcp.memory_items"));

  describe("tools", () => {
    it("store a memory and find it by what it says, the best first, and say that words were compared", async () => {
      await ok("store_memory", { content: "PostgreSQL listens on port 5432 of the database container" });
      await ok("store_memory", { content: "The birthday of the team lead is in March" });
      const found = await ok("retrieve_memory", {
        query: "which port does PostgreSQL listen on",
        min_similarity: 0.2,
      });
      assert.deepEqual(contents(found), ["PostgreSQL listens on port 5432 of the database container"]);
      assert.equal(found["below_threshold"], 1);
      const { kind, model, note } = found["embedding"] as Record<string, string>;
      assert.deepEqual([kind, model], ["lexical", "lexical-1"]);
      assert.match(note!, /by words.*not by meaning/);
    });

    it("replace a memory of the same memory_id and keep the other keys' defaults", async () => {
      const first = await ok("store_memory", {
        memory_id: "deploy",
        content: "Deploys run on Monday",
        tags: ["ops", " ops ", "plan"],
      });
      assert.deepEqual(
        [first["replaced"], first["tags"], first["encrypted"]],
        [false, ["ops", "plan"], true],
      );
      const again = await ok("store_memory", { memory_id: "deploy", content: "Deploys run on Tuesday" });
      assert.deepEqual([again["replaced"], again["tags"]], [true, ["default"]]);
      const found = await ok("search_by_tag", { tags: ["default"] });
      assert.deepEqual(contents(found), ["Deploys run on Tuesday"]);
    });

    it("find by any or all of some tags, and list tags with their number", async () => {
      await ok("store_memory", { content: "one", tags: ["a", "b"] });
      await ok("store_memory", { content: "two", tags: ["b", "c"] });
      assert.deepEqual(contents(await ok("search_by_tag", { tags: ["a", "c"] })).toSorted(), ["one", "two"]);
      assert.deepEqual(contents(await ok("search_by_tag", { tags: ["a", "b"], match: "all" })), ["one"]);
      assert.deepEqual(
        contents(await ok("retrieve_memory", { query: "two", tags: ["a"], min_similarity: 0 })),
        ["one"],
      );
      assert.deepEqual((await ok("list_tags", {}))["tags"], [
        { tag: "b", memories: 2 },
        { tag: "a", memories: 1 },
        { tag: "c", memories: 1 },
      ]);
    });

    it("recall by a time, with words and without, and say what was understood", async () => {
      await ok("store_memory", { memory_id: "old", content: "We chose HNSW for the index" });
      await ok("store_memory", { memory_id: "new", content: "We chose gzip for the exports" });
      await memory.sql(
        "UPDATE mcp.memory_items SET created_at = now() - interval '3 days' WHERE memory_id = 'old'",
      );
      const recent = await ok("recall_memory", { query: "today" });
      assert.deepEqual(
        memoriesOf(recent).map(({ memory_id }) => memory_id),
        ["new"],
      );
      assert.equal(recent["words"], "");
      const before = await ok("recall_memory", { query: "what did we choose about the index 3 days ago" });
      assert.deepEqual(
        memoriesOf(before).map(({ memory_id }) => memory_id),
        ["old"],
      );
      assert.match(before["words"] as string, /index/);
      assert.ok(before["period"]);
      const both = await ok("recall_memory", { query: "last 7 days" });
      assert.deepEqual(
        memoriesOf(both).map(({ memory_id }) => memory_id),
        ["new", "old"],
      );
    });

    it("change tags, metadata, end and sharing of one's own memory, and delete it once", async () => {
      await ok("store_memory", { memory_id: "m", content: "text", metadata: { a: 1 } });
      const end = new Date(Date.now() + 3_600_000).toISOString();
      const changed = await ok("update_memory", {
        memory_id: "m",
        tags: ["x"],
        shared: true,
        expires_at: end,
        metadata: { b: [null, "ü"] },
      });
      assert.deepEqual(changed, { memory_id: "m", tags: ["x"], expires_at: end, shared: true });
      const [changedOne] = memoriesOf(await ok("search_by_tag", { tags: ["x"] }));
      assert.deepEqual(changedOne!.metadata, { b: [null, "ü"] });
      assert.deepEqual(await ok("delete_memory", { memory_id: "m" }), { memory_id: "m", deleted: true });
      assert.deepEqual(await ok("delete_memory", { memory_id: "m" }), { memory_id: "m", deleted: false });
      assert.match(
        (await memory.call("update_memory", { memory_id: "m", shared: true })).text,
        /no memory with this memory_id/,
      );
    });

    it("count accesses of what was answered", async () => {
      await ok("store_memory", { memory_id: "m", content: "counted", tags: ["t"] });
      for (let count = 0; count < 3; count += 1) await ok("search_by_tag", { tags: ["t"] });
      await eventually(async () => {
        const rows = await memory.sql<{ access_count: number }>(
          "SELECT access_count FROM mcp.memory_items WHERE last_accessed IS NOT NULL",
        );
        return rows[0]?.access_count === 3;
      }, "three accesses counted");
    });

    it("say how many memories there are, and of everybody's only to who may manage the server", async () => {
      await ok("store_memory", { content: "mine", shared: true });
      await ok("store_memory", { content: "theirs" }, "second");
      const own = await ok("get_stats", {});
      assert.equal((own["own"] as { memories: number }).memories, 1);
      assert.equal(own["everybody"], undefined);
      const all = await ok("get_stats", {}, "admin");
      assert.equal(all["shared_by_others"], 1);
      const everybody = all["everybody"] as {
        memories: number;
        owners: number;
        keys: { key_id: string; active: boolean }[];
      };
      assert.deepEqual([everybody.memories, everybody.owners], [2, 2]);
      assert.deepEqual(
        everybody.keys.map(({ key_id, active }) => [key_id, active]),
        [["1", true]],
      );
    });

    it("are listed to those whose role has the permission", async () => {
      const names = async (as: ClientName) =>
        (await memory.client(as).listTools()).tools.map(({ name }) => name);
      assert.ok((await names("admin")).includes("reembed_memories"));
      for (const name of ["export_memories", "reembed_memories"])
        assert.match((await memory.call(name, {})).text, /every permission/);
      assert.match((await memory.call("import_memories", { file: "x" })).text, /every permission/);
      assert.deepEqual((await names("reader")).toSorted(), [
        "get_stats",
        "list_tags",
        "recall_memory",
        "retrieve_memory",
        "search_by_tag",
      ]);
    });
  });
});
