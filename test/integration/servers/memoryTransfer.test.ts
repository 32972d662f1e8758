import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { memoryStage } from "./memoryStage.ts";
import type { MemoryStage } from "./memoryStage.ts";

describe("exports of memories", function () {
  this.timeout(180_000);
  let memory: MemoryStage;
  let folder: string;

  before(async () => {
    memory = await memoryStage();
    folder = join(memory.server.state, "memory_backups");
    await mkdir(folder, { recursive: true });
  });
  after(() => memory?.end());
  beforeEach(() => memory.sql("DELETE FROM mcp.memory_items"));

  const everything = () =>
    memory.sql(
      `SELECT memory_id, owner, shared, content, encryption_key_id, content_hash, tags, metadata, created_at::text,
         expires_at::text, embedding::text, embedding_model FROM mcp.memory_items ORDER BY memory_id`,
    );
  const store = (memory_id: string, more: object = {}, as: "default" | "second" = "default") =>
    memory.ok("store_memory", { memory_id, content: `what ${memory_id} says, ünd möre`, ...more }, as);
  const exported = async () => (await memory.ok("export_memories", {}, "admin"))["file"] as string;
  const restore = (file: string) => memory.ok("import_memories", { file }, "admin");

  it("restore what is gone, to its owner and byte by byte, and change nothing the second time", async () => {
    await store("a", { tags: ["x", "y"], metadata: { deep: [{ ü: null }] } });
    await store("b", { shared: true }, "second");
    await memory.sql("INSERT INTO mcp.memory_items (memory_id, content) VALUES ('sql', 'by a statement')");
    const before = await everything();
    const file = await exported();
    await memory.sql("DELETE FROM mcp.memory_items WHERE memory_id <> 'b'");
    const { read, restored, present, expired } = await restore(file);
    assert.deepEqual([read, restored, present, expired], [3, 2, 1, 0]);
    assert.deepEqual(await everything(), before);
    assert.equal((await restore(file))["restored"], 0);
    assert.deepEqual(await everything(), before);
    const [found] = await memory.found("retrieve_memory", {
      query: "what a says, ünd möre",
      min_similarity: 0.9,
    });
    assert.equal(found!.memory_id, "a");
    const files = await memory.ok("get_stats", {}, "admin");
    const { exports } = files["everybody"] as { exports: { file: string }[] };
    assert.equal(exports[0]!.file, file);
  });

  it("leave out what has expired, and keep a memory that is there as it is", async () => {
    await store("a");
    await store("b");
    const file = await exported();
    await memory.sql("DELETE FROM mcp.memory_items WHERE memory_id = 'a'");
    await store("b", { content: "newer" });
    await rewrite(file, (lines) =>
      lines.map((line) =>
        line.replace(/("memory_id":"a".*"expires_at":)"[^"]*"/, '$1"2020-01-01 00:00:00+00"'),
      ),
    );
    const answer = await restore(file);
    assert.deepEqual([answer["restored"], answer["expired"], answer["present"]], [0, 1, 1]);
    assert.deepEqual(
      (await memory.found("recall_memory", { query: "today" })).map(({ content }) => content),
      ["newer"],
    );
  });

  it("are refused as a whole, naming the line, if anything in them is wrong", async () => {
    await store("a");
    await store("b");
    const good = await exported();
    const lines = gunzipSync(await readFile(join(folder, good)))
      .toString()
      .trimEnd()
      .split("\n");
    await memory.sql("DELETE FROM mcp.memory_items");
    const swap = (text: string, from: RegExp, to: string) => {
      assert.match(text, from);
      return text.replace(from, to);
    };
    const faults: [string, string[], RegExp][] = [
      ["cut off", lines.slice(0, -1), /cut off/],
      ["one memory missing", [lines[0]!, lines[2]!, lines[3]!], /Line 3 .*counts 2 memories; there are 1/],
      ["no head", lines.slice(1), /Line 1 .*head/],
      [
        "another version",
        [swap(lines[0]!, /"version":1/, '"version":2'), ...lines.slice(1)],
        /Line 1 .*head/,
      ],
      ["after the end", [...lines, lines[1]!], /Line 5 .*after the end/],
      ["no JSON", [lines[0]!, "{", ...lines.slice(2)], /Line 2 .*no JSON/],
      [
        "other owner",
        [lines[0]!, swap(lines[1]!, /"owner":"default"/, '"owner":"second"'), ...lines.slice(2)],
        /Line 2 .*does not open/,
      ],
      [
        "other id",
        [lines[0]!, swap(lines[1]!, /"memory_id":"a"/, '"memory_id":"c"'), ...lines.slice(2)],
        /Line 2 .*does not open/,
      ],
      [
        "unknown key",
        [lines[0]!, swap(lines[1]!, /"encryption_key_id":"1"/, '"encryption_key_id":"9"'), ...lines.slice(2)],
        /Line 2 .*not in the ring/,
      ],
      [
        "a column more",
        [lines[0]!, swap(lines[1]!, /^\{/, '{"id":1,'), ...lines.slice(2)],
        /Line 2 .*no memory/,
      ],
      [
        "no vector",
        [lines[0]!, swap(lines[1]!, /"embedding":"[^"]*"/, '"embedding":"[1,NaN]"'), ...lines.slice(2)],
        /Line 2 .*embedding/,
      ],
      [
        "no time",
        [lines[0]!, swap(lines[1]!, /"created_at":"[^"]*"/, '"created_at":"now()"'), ...lines.slice(2)],
        /Line 2 .*created_at/,
      ],
    ];
    for (const [what, text, pattern] of faults) {
      const file = "memories-2026-01-01T00-00-00-000Z.jsonl.gz";
      await writeFile(join(folder, file), gzipSync(`${text.join("\n")}\n`));
      assert.match(await memory.refused("import_memories", { file }, "admin"), pattern, what);
    }
    const damaged = await readFile(join(folder, good));
    damaged.writeUInt32LE(7, damaged.length - 8);
    await writeFile(join(folder, "memories-2026-01-01T00-00-00-001Z.jsonl.gz"), damaged);
    assert.match(
      await memory.refused(
        "import_memories",
        { file: "memories-2026-01-01T00-00-00-001Z.jsonl.gz" },
        "admin",
      ),
      /damaged/,
    );
    assert.deepEqual(await everything(), []);
  });

  it("are read from their own folder only, and no link is followed", async () => {
    await symlink("/etc/passwd", join(folder, "memories-2026-01-02T00-00-00-000Z.jsonl"));
    await mkdir(join(folder, "memories-2026-01-03T00-00-00-000Z.jsonl"));
    for (const file of ["/etc/passwd", "../../etc/passwd", "memories-x.jsonl", "", "a\0b"]) {
      await memory.refused("import_memories", { file }, "admin");
    }
    for (const day of ["02", "03", "04"]) {
      const text = await memory.refused(
        "import_memories",
        { file: `memories-2026-01-${day}T00-00-00-000Z.jsonl` },
        "admin",
      );
      assert.match(text, /no such export/);
    }
  });

  async function rewrite(file: string, change: (lines: string[]) => string[]): Promise<void> {
    const lines = gunzipSync(await readFile(join(folder, file)))
      .toString()
      .split("\n");
    await writeFile(join(folder, file), gzipSync(change(lines).join("\n")));
  }
});
