import assert from "node:assert/strict";
import { withSession } from "#providers/database/connect.ts";
import { testRing } from "./serverProcess.ts";
import { memoryStage } from "./memoryStage.ts";
import type { ClientName, MemoryStage } from "./memoryStage.ts";

describe("memories of different clients", function () {
  this.timeout(180_000);
  let memory: MemoryStage;

  before(async () => {
    memory = await memoryStage();
  });
  after(() => memory?.end());
  beforeEach(() => memory.sql("DELETE FROM mcp.memory_items"));

  const searches: readonly (readonly [string, object])[] = [
    ["retrieve_memory", { query: "the launch code is 4711", min_similarity: 0 }],
    ["recall_memory", { query: "today" }],
    ["recall_memory", { query: "launch code today" }],
    ["search_by_tag", { tags: ["secret"] }],
  ];
  const seenBy = async (as: ClientName): Promise<string[]> => {
    const answers = await Promise.all(searches.map(([name, args]) => memory.found(name, args, as)));
    return [...new Set(answers.flat().map(({ memory_id }) => memory_id))].toSorted();
  };
  const store = (memory_id: string, as: ClientName, more: object = {}) =>
    memory.ok(
      "store_memory",
      { memory_id, content: `the launch code of ${memory_id} is 4711`, tags: ["secret"], ...more },
      as,
    );

  it("are not answered to another client by any tool, unless they are shared", async () => {
    await store("mine", "default");
    await store("theirs", "second");
    await store("open", "second", { shared: true });
    assert.deepEqual(await seenBy("default"), ["mine", "open"]);
    assert.deepEqual(await seenBy("second"), ["open", "theirs"]);
    assert.deepEqual(await seenBy("admin"), ["open"]);
    assert.deepEqual((await memory.ok("list_tags", {}, "admin"))["tags"], [{ tag: "secret", memories: 1 }]);
    const [shared] = await memory.found("search_by_tag", { tags: ["secret"] }, "admin");
    assert.deepEqual([shared!.own, shared!.shared], [false, true]);
  });

  it("are neither changed, replaced nor removed by another client, shared or not", async () => {
    await store("theirs", "second");
    await store("open", "second", { shared: true });
    for (const memory_id of ["theirs", "open"]) {
      assert.deepEqual(await memory.ok("delete_memory", { memory_id }), { memory_id, deleted: false });
      assert.match(await memory.refused("update_memory", { memory_id, tags: ["x"] }), /no memory with this/);
      assert.match(await memory.refused("store_memory", { memory_id, content: "other" }), /is taken/);
    }
    const rows = await memory.sql<{ tags: string[] }>(
      "SELECT tags FROM mcp.memory_items WHERE owner = 'second'",
    );
    assert.deepEqual(rows, [{ tags: ["secret"] }, { tags: ["secret"] }]);
  });

  it("stay apart in the database even if a statement forgets to ask whose they are", async () => {
    await store("mine", "default");
    await store("theirs", "second");
    await memory.sql("INSERT INTO mcp.memory_items (memory_id, content) VALUES ('nobodys', 'x')");
    const forgetful = "SELECT memory_id FROM mcp.memory_items ORDER BY 1";
    const asMemory = (before: string, sql: string) =>
      withSession(memory.stage.login("memory_1"), async (client) => {
        await client.query(`BEGIN; ${before}`);
        const { rows, rowCount } = await client.query<{ memory_id?: string }>(sql);
        await client.query("ROLLBACK");
        return rows.length > 0 ? rows.map(({ memory_id }) => memory_id) : rowCount;
      });
    const own = "SET LOCAL kilocode.client TO 'default'";
    assert.deepEqual(await asMemory(own, forgetful), ["mine"]);
    assert.equal(await asMemory("", forgetful), 0);
    assert.equal(await asMemory("SET LOCAL kilocode.client TO ''", forgetful), 0);
    assert.equal(await asMemory(own, "UPDATE mcp.memory_items SET tags = '{}'"), 1);
    assert.equal(await asMemory(own, "DELETE FROM mcp.memory_items"), 1);
    await assert.rejects(
      asMemory(
        own,
        "INSERT INTO mcp.memory_items (memory_id, content, owner) VALUES ('forged', 'x', 'second')",
      ),
      /row-level security/,
    );
    await assert.rejects(asMemory(own, "UPDATE mcp.memory_items SET owner = 'second'"), /row-level security/);
    const candidates =
      "SELECT cardinality(mcp.memory_candidates(NULL, true, NULL, NULL, 10))::text AS memory_id";
    assert.deepEqual(await asMemory(own, candidates), ["1"]);
    assert.deepEqual(await asMemory("", candidates), ["0"]);

    // The control: without row-level security the same statement answers everything.
    await memory.sql("ALTER TABLE mcp.memory_items DISABLE ROW LEVEL SECURITY");
    assert.deepEqual(await asMemory(own, forgetful), ["mine", "nobodys", "theirs"]);
    await memory.sql("ALTER TABLE mcp.memory_items ENABLE ROW LEVEL SECURITY");
  });

  it("are closed to SQL of callers of the postgres server, unless they are shared", async () => {
    await store("mine", "default");
    await store("open", "second", { shared: true });
    const asReader = (sql: string) =>
      withSession(
        memory.stage.login("postgres_reader_1"),
        async (client) => (await client.query(sql)).rows as unknown[],
      );
    assert.deepEqual(await asReader("SELECT memory_id FROM memory_items"), [{ memory_id: "open" }]);
    assert.deepEqual(await asReader("SELECT total_items FROM memory_statistics"), [{ total_items: "1" }]);
    await asReader("SET kilocode.memory_round TO 'on'");
    assert.deepEqual(
      await withSession(memory.stage.login("postgres_reader_1"), async (client) => {
        await client.query("SET kilocode.memory_round TO 'on'; SET kilocode.client TO 'default'");
        return (await client.query("SELECT memory_id FROM memory_items")).rows as unknown[];
      }),
      [{ memory_id: "open" }],
    );
  });
});

describe("contents of memories in the database", function () {
  this.timeout(180_000);
  let memory: MemoryStage;
  const canary = "canary-7f3a91 stays between us";

  before(async () => {
    memory = await memoryStage();
  });
  after(() => memory?.end());
  beforeEach(() => memory.sql("DELETE FROM mcp.memory_items"));

  interface Row {
    readonly memory_id: string;
    readonly content: string;
    readonly encryption_key_id: string | null;
    readonly content_hash: string;
  }
  const rows = () => memory.sql<Row>("SELECT * FROM mcp.memory_items ORDER BY memory_id");
  const store = (memory_id: string, as: ClientName = "default") =>
    memory.ok("store_memory", { memory_id, content: canary, tags: ["t"] }, as);
  const read = async (as: ClientName = "default") =>
    (await memory.found("search_by_tag", { tags: ["t"] }, as)).map(({ content }) => content);
  const ring = (active: string, ...ids: string[]) =>
    JSON.stringify({
      active,
      keys: Object.fromEntries(ids.map((id) => [id, Buffer.alloc(32, Number(id) + 6).toString("base64")])),
    });
  const deliver = (encryption: object, keys = testRing(32)) =>
    memory.deliver({ security: { dataEncryption: encryption } }, { "encryption-keys": keys });
  const encryptNow = async (encryption: object, keys?: string) => {
    await memory.makeDue("encryption");
    const before = memory.server.log.length;
    await deliver(encryption, keys);
    await memory.server.line("contents encrypted anew", before);
  };

  it("security.dataEncryption.enabled: no column has a word of an encrypted content, and turning it off stores plain text", async () => {
    await store("a");
    const text = JSON.stringify(await memory.sql("SELECT m::text FROM mcp.memory_items AS m"));
    for (const word of canary.split(" ")) assert.ok(!text.includes(word), word);
    const decoded = Buffer.from((await rows())[0]!.content, "base64").toString("latin1");
    assert.ok(!decoded.includes("canary"));
    await deliver({ enabled: false });
    await store("b");
    assert.deepEqual(
      (await rows()).map(({ content, encryption_key_id }) => [content === canary, encryption_key_id]),
      [
        [false, "1"],
        [true, null],
      ],
    );
    assert.deepEqual(await read(), [canary, canary]);
    assert.ok(!memory.server.output().includes("canary"), "the log has it");
    await encryptNow({ enabled: true });
    assert.ok((await rows()).every(({ encryption_key_id }) => encryption_key_id === "1"));
    assert.deepEqual(await read(), [canary, canary]);
  });

  it("security.dataEncryption.keys: the active key encrypts, every key of the ring opens, one that is gone does not", async () => {
    await store("a");
    await memory.sql(
      "UPDATE mcp.memory_rounds SET started_at = now() + interval '1 day' WHERE round = 'encryption'",
    );
    await deliver({}, ring("2", "1", "2"));
    await store("b");
    assert.deepEqual(
      (await rows()).map(({ encryption_key_id }) => encryption_key_id),
      ["1", "2"],
    );
    assert.deepEqual(await read(), [canary, canary]);
    await deliver({}, ring("2", "2"));
    assert.deepEqual(await read(), [canary]);
    assert.equal((await memory.ok("search_by_tag", { tags: ["t"] }))["unreadable"], 1);
    await encryptNow({}, ring("2", "1", "2"));
    assert.ok((await rows()).every(({ encryption_key_id }) => encryption_key_id === "2"));
    await deliver({});
  });

  it("security.dataEncryption.algorithm: a content that was put into another memory, or given another owner, is refused", async () => {
    await store("a");
    await store("b");
    await memory.sql(
      "UPDATE mcp.memory_items SET content = (SELECT content FROM mcp.memory_items WHERE memory_id = 'a') WHERE memory_id = 'b'",
    );
    assert.deepEqual(
      (await memory.found("search_by_tag", { tags: ["t"] })).map(({ memory_id }) => memory_id),
      ["a"],
    );
    await memory.sql("UPDATE mcp.memory_items SET owner = 'second' WHERE memory_id = 'a'");
    assert.deepEqual(await read("second"), []);
    await memory.sql("UPDATE mcp.memory_items SET owner = 'default' WHERE memory_id = 'a'");
    assert.deepEqual(await read(), [canary]);
  });

  it("security.dataEncryption.keyRotationInterval: a key in use for longer is reported, in the log and to managers", async () => {
    const due = async () => {
      const { everybody } = (await memory.ok("get_stats", {}, "admin")) as {
        everybody: { keys: { key_id: string; due: boolean }[] };
      };
      return everybody.keys.find(({ key_id }) => key_id === "1")!.due;
    };
    await memory.sql("UPDATE mcp.memory_keys SET first_used_at = now() - interval '2 hours'");
    await deliver({ keyRotationInterval: 86_400 });
    assert.equal(await due(), false);
    const before = memory.server.log.length;
    await deliver({ keyRotationInterval: 3600 });
    assert.equal((await memory.server.line("the encryption key is due for rotation", before))["keyId"], "1");
    assert.equal(await due(), true);
  });
});
