import assert from "node:assert/strict";
import { memoryStage } from "./memoryStage.ts";
import type { MemoryStage } from "./memoryStage.ts";

describe("bad input to the memory tools", function () {
  this.timeout(180_000);
  let memory: MemoryStage;

  before(async () => {
    memory = await memoryStage();
    await memory.ok("store_memory", { memory_id: "kept", content: "kept", tags: ["t"] });
    await memory.ok("store_memory", { memory_id: "theirs", content: "theirs", tags: ["t"] }, "second");
  });
  after(() => memory?.end());

  /** All of the schema that an injected statement could have changed. */
  const fingerprint = () =>
    memory.sql(
      `SELECT (SELECT md5(string_agg(memory_id || coalesce(owner, '') || content || shared, ',' ORDER BY id)) FROM mcp.memory_items) AS items,
         (SELECT count(*) FROM pg_class) AS relations, (SELECT md5(string_agg(relacl::text, ',')) FROM pg_class) AS acl,
         (SELECT count(*) FROM pg_roles) AS roles, (SELECT md5(string_agg(password_hash, ',')) FROM mcp.users) AS users`,
    );

  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  const refusals: readonly (readonly [string, object, RegExp])[] = [
    ["store_memory", {}, /content/],
    ["store_memory", { content: "" }, /content/],
    ["store_memory", { content: 7 }, /content/],
    ["store_memory", { content: "a\0b" }, /content must not contain a null/],
    ["store_memory", { content: "\ud800" }, /content must be Unicode/],
    ["store_memory", { content: "x".repeat(1_024_001) }, /has 1024001 bytes; at most 1024000/],
    ["store_memory", { content: "x", tags: [""] }, /tags/],
    ["store_memory", { content: "x", tags: ["a,b"] }, /tags/],
    ["store_memory", { content: "x", tags: ["a\0"] }, /tags/],
    ["store_memory", { content: "x", tags: ["\udc00"] }, /tags must be Unicode/],
    ["store_memory", { content: "x", tags: Array.from({ length: 101 }, (_, n) => `t${n}`) }, /tags/],
    ["store_memory", { content: "x", metadata: [] }, /metadata/],
    ["store_memory", { content: "x", metadata: deep(30) }, /nested deeper than 20/],
    ["store_memory", { content: "x", metadata: { a: "x".repeat(70_000) } }, /larger than 65536/],
    ["store_memory", { content: "x", metadata: { a: "\0" } }, /null characters/],
    ["store_memory", { content: "x", metadata: { "\ud800": 1 } }, /Unicode/],
    ["store_memory", { content: "x", expires_at: "tomorrow" }, /expires_at/],
    ["store_memory", { content: "x", expires_at: "2020-01-01T00:00:00Z" }, /in the future/],
    ["store_memory", { content: "x", memory_id: "" }, /memory_id/],
    ["store_memory", { content: "x", memory_id: "i".repeat(101) }, /memory_id/],
    ["store_memory", { content: "x", memory_id: "a\nb" }, /memory_id/],
    ["store_memory", { content: "x", shared: "yes" }, /shared/],
    ["retrieve_memory", {}, /query/],
    ["retrieve_memory", { query: "" }, /query/],
    ["retrieve_memory", { query: "a\0" }, /query must not contain a null/],
    ["retrieve_memory", { query: "x".repeat(10_001) }, /query/],
    ["retrieve_memory", { query: "x", n_results: 0 }, /n_results/],
    ["retrieve_memory", { query: "x", n_results: 101 }, /n_results/],
    ["retrieve_memory", { query: "x", n_results: 1.5 }, /n_results/],
    ["retrieve_memory", { query: "x", min_similarity: 2 }, /min_similarity/],
    ["recall_memory", { query: "" }, /query/],
    ["recall_memory", { query: "yesterday\0" }, /null/],
    ["search_by_tag", { tags: [] }, /tags/],
    ["search_by_tag", { tags: [" "] }, /not blank/],
    ["search_by_tag", { tags: ["t"], match: "none" }, /match/],
    ["update_memory", { memory_id: "kept", expires_at: "2020-01-01T00:00:00Z" }, /in the future/],
    ["update_memory", { memory_id: "kept", metadata: deep(30) }, /nested/],
    ["update_memory", { memory_id: "kept", tags: ["a,b"] }, /tags/],
    ["update_memory", { memory_id: "none" }, /no memory with this/],
    ["delete_memory", { memory_id: "" }, /memory_id/],
    ["list_tags", { n_results: 5000 }, /n_results/],
  ];

  it("is refused with what is wrong, and changes nothing", async () => {
    const before = await fingerprint();
    for (const [name, args, pattern] of refusals) assert.match(await memory.refused(name, args), pattern);
    assert.match(await memory.refused("reembed_memories", { max_items: 0 }, "admin"), /max_items/);
    assert.match(await memory.refused("import_memories", { file: "" }, "admin"), /file/);
    assert.deepEqual(await fingerprint(), before);
  });

  const statements = [
    "'; DROP TABLE mcp.memory_items; --",
    "'); DELETE FROM mcp.memory_items; --",
    "x' OR '1'='1",
    "$1); UPDATE mcp.memory_items SET shared = true; --",
    String.raw`\'; RESET ALL; SET kilocode.memory_round TO 'on'; --`,
    "{theirs}",
    "]'::extensions.vector; SELECT pg_sleep(5); --",
    "%' OR owner <> 'default",
    "kept'/**/UNION/**/SELECT/**/1--",
  ];

  it("that is SQL has no effect in any string argument", async () => {
    const before = await fingerprint();
    for (const text of statements) {
      const tag = text.replaceAll(",", ";").trim();
      assert.equal((await memory.ok("delete_memory", { memory_id: text }))["deleted"], false);
      assert.match(
        await memory.refused("update_memory", { memory_id: text, shared: true, tags: [tag] }),
        /no memory/,
      );
      await memory.refused("import_memories", { file: text }, "admin");
      for (const [name, args] of [
        ["search_by_tag", { tags: [tag] }],
        ["search_by_tag", { tags: [tag], match: "all" }],
        ["retrieve_memory", { query: text, min_similarity: 0, tags: [tag] }],
        ["retrieve_memory", { query: text, min_similarity: 0 }],
        ["recall_memory", { query: text }],
        ["recall_memory", { query: `${text} today` }],
      ] as const) {
        const found = await memory.found(name, args);
        assert.ok(
          found.every(({ memory_id }) => memory_id === "kept"),
          `${name} ${text}`,
        );
      }
      assert.deepEqual(await fingerprint(), before);
    }
    for (const [number, text] of statements.entries()) {
      const tag = text.replaceAll(",", ";").trim();
      const memory_id = `${number} ${text}`.slice(0, 100);
      await memory.ok("store_memory", { content: text, memory_id, tags: [tag], metadata: { [text]: text } });
      const [found] = await memory.found("search_by_tag", { tags: [tag] });
      assert.deepEqual(
        [found!.memory_id, found!.content, found!.tags, found!.metadata],
        [memory_id, text, [tag], { [text]: text }],
      );
      assert.equal((await memory.ok("delete_memory", { memory_id }))["deleted"], true);
    }
    assert.deepEqual(await fingerprint(), before);
  });
});
