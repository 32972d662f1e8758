import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/client";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("the filesystem server's tools", function () {
  this.timeout(180_000);
  let root: string;
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "mcp-tools-"));
    stage = await readyStage();
    server = await startServer(stage, {
      server: "filesystem",
      overrides: {
        filesystem: {
          filesystem: { root, allowedPaths: [root], maxFileSize: 2_000_000 },
          security: { rateLimit: { enabled: false } },
        },
      },
    });
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
    if (root) await rm(root, { recursive: true });
  });

  const at = (...names: string[]) => join(root, ...names);
  const call = (tool: string, args: Record<string, unknown>) => callTool(client, tool, args);
  const refused = async (tool: string, args: Record<string, unknown>) => {
    const { failed, text } = await call(tool, args).catch((error: unknown) => ({
      failed: true,
      text: String(error),
    }));
    assert.ok(failed, text);
    assert.doesNotMatch(text, /internal error/);
    return text;
  };

  it("are those of the stock server, with its arguments, and one more", async () => {
    const { tools } = await client.listTools();
    const listed = Object.fromEntries(
      tools.map(({ name, inputSchema }) => [
        name,
        Object.keys(inputSchema.properties ?? {})
          .sort()
          .join(),
      ]),
    );
    assert.deepEqual(listed, {
      read_file: "head,path,tail",
      read_text_file: "head,path,tail",
      read_media_file: "path",
      read_multiple_files: "paths",
      write_file: "content,path",
      edit_file: "dryRun,edits,path",
      create_directory: "path",
      list_directory: "path",
      list_directory_with_sizes: "path,sortBy",
      directory_tree: "excludePatterns,path",
      move_file: "destination,source",
      search_files: "excludePatterns,path,pattern",
      get_file_info: "path",
      list_allowed_directories: "",
      list_changes: "cursor,path,waitMs",
    });
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true);
    assert.deepEqual(changing.map(({ name }) => name).sort(), [
      "create_directory",
      "edit_file",
      "move_file",
      "write_file",
    ]);
  });

  it("change nothing for a client that may only read", async () => {
    const reader = await connectClient(server, stage.keys.reader);
    const names = (await reader.client.listTools()).tools.map(({ name }) => name);
    assert.ok(names.includes("read_file") && !names.includes("write_file") && !names.includes("edit_file"));
    const answer = await callTool(reader.client, "write_file", { path: "reader", content: "x" }).catch(
      () => ({
        failed: true,
      }),
    );
    assert.ok(answer.failed);
    await assert.rejects(stat(at("reader")));
    await reader.close();
  });

  it("write and read a text as it is", async () => {
    const text = "\ufeffZeile 1\r\nZeile 2 – ü 😀\n\nlast";
    const written = await call("write_file", { path: "text.txt", content: text });
    assert.equal(written.text, "Successfully wrote to text.txt");
    assert.deepEqual(
      [written.structured["bytes"], written.structured["created"]],
      [Buffer.byteLength(text), true],
    );
    assert.equal(await readFile(at("text.txt"), "utf8"), text);
    for (const tool of ["read_file", "read_text_file"]) {
      const read = await call(tool, { path: at("text.txt") });
      assert.deepEqual([read.text, read.structured], [text, { content: text }]);
    }
    assert.equal((await call("read_text_file", { path: "text.txt", tail: 1 })).text, "last");
    assert.equal((await call("read_text_file", { path: "text.txt", head: 1 })).text, "\ufeffZeile 1\r");
  });

  it("replace a file at once, with its permissions, and leave nothing beside it", async () => {
    await mkdir(at("replace"));
    await writeFile(at("replace/script"), "old");
    await chmod(at("replace/script"), 0o750);
    const { ino } = await stat(at("replace/script"));
    const { structured } = await call("write_file", { path: "replace/script", content: "new" });
    assert.equal(structured["created"], false);
    const after = await stat(at("replace/script"));
    assert.equal(after.mode & 0o7777, 0o750);
    assert.notEqual(after.ino, ino);
    await refused("write_file", { path: "replace", content: "x" });
    assert.deepEqual(await readdir(at("replace")), ["script"]);
  });

  it("lose none of many writes and edits at once", async () => {
    await writeFile(at("counter"), "");
    const contents = Array.from({ length: 20 }, (_, count) => `${count}`.padEnd(50_000, "x"));
    await Promise.all(contents.map((content) => call("write_file", { path: "counter", content })));
    assert.ok(contents.includes(await readFile(at("counter"), "utf8")), "one of them, as a whole");
    const lines = Array.from({ length: 20 }, (_, count) => `line ${count};`);
    await writeFile(at("counter"), lines.join("\n"));
    const edits = lines.map((line) => ({ oldText: line, newText: `${line} done` }));
    const answers = await Promise.all(
      edits.map((edit) => call("edit_file", { path: "counter", edits: [edit] })),
    );
    assert.deepEqual(
      answers.filter(({ failed }) => failed),
      [],
    );
    assert.equal(await readFile(at("counter"), "utf8"), lines.map((line) => `${line} done`).join("\n"));
  });

  it("edit a text and show the difference", async () => {
    await writeFile(at("edit.txt"), "one\r\n    two\r\n    three\r\nfour\r\n");
    const edits = [
      { oldText: "one", newText: "1" },
      { oldText: "two\nthree", newText: "2\n  3" },
    ];
    const tried = await call("edit_file", { path: "edit.txt", edits, dryRun: true });
    assert.equal(tried.structured["changed"], false);
    assert.match(tried.text, /^```diff\n[\s\S]*-one\r?\n[\s\S]*\+1\r?\n[\s\S]*```\n\n$/);
    assert.match(await readFile(at("edit.txt"), "utf8"), /^one/);
    const done = await call("edit_file", { path: "edit.txt", edits });
    assert.deepEqual([done.structured["changed"], done.text], [true, tried.text]);
    assert.equal(await readFile(at("edit.txt"), "utf8"), "1\r\n    2\r\n      3\r\nfour\r\n");
    const text = await refused("edit_file", {
      path: "edit.txt",
      edits: [edits[0]!, { oldText: "four", newText: "4" }],
    });
    assert.match(text, /edits\[0\]/);
    assert.match(await readFile(at("edit.txt"), "utf8"), /four/);
  });

  it("list, show and describe", async () => {
    await mkdir(at("list/inner"), { recursive: true });
    await writeFile(at("list/a.txt"), "a".repeat(2048));
    await writeFile(at("list/b.txt"), "b");
    await symlink("a.txt", at("list/link"));
    const listed = await call("list_directory", { path: "list" });
    assert.equal(listed.text, "[FILE] a.txt\n[FILE] b.txt\n[DIR] inner\n[LINK] link");
    const sizes = await call("list_directory_with_sizes", { path: "list", sortBy: "size" });
    assert.match(sizes.text, /^\[FILE\] a\.txt +2\.00 KB\n\[FILE\] b\.txt +1 B\n/);
    assert.match(sizes.text, /Total: 3 files, 1 directories\nCombined size: 2\.00 KB$/);
    const tree = await call("directory_tree", { path: "list", excludePatterns: ["b.txt"] });
    assert.deepEqual(JSON.parse(tree.text), [
      { name: "a.txt", type: "file" },
      { name: "inner", type: "directory", children: [] },
      { name: "link", type: "file" },
    ]);
    const info = await call("get_file_info", { path: "list/a.txt" });
    assert.match(
      info.text,
      /^size: 2048\ncreated: .*\nisDirectory: false\nisFile: true\npermissions: \d{3}$/s,
    );
    assert.deepEqual([info.structured["type"], info.structured["size"]], ["file", 2048]);
  });

  it("search by glob", async () => {
    await mkdir(at("search/deep/er"), { recursive: true });
    for (const name of ["a.ts", "deep/b.ts", "deep/er/c.ts", "deep/er/d.js"])
      await writeFile(at("search", name), "");
    const found = async (pattern: string, excludePatterns: string[] = []) => {
      const { structured } = await call("search_files", { path: "search", pattern, excludePatterns });
      return (structured["paths"] as string[]).map((path) => path.slice(at("search").length + 1));
    };
    assert.deepEqual(await found("*.ts"), ["a.ts"]);
    assert.deepEqual(await found("**/*.ts"), ["a.ts", "deep/b.ts", "deep/er/c.ts"]);
    assert.deepEqual(await found("**/*.{ts,js}", ["deep/er"]), ["a.ts", "deep/b.ts"]);
    assert.equal((await call("search_files", { path: "search", pattern: "none" })).text, "No matches found");
  });

  it("move without replacing", async () => {
    await mkdir(at("move/folder/inner"), { recursive: true });
    await writeFile(at("move/a"), "a");
    await writeFile(at("move/b"), "b");
    assert.match(await refused("move_file", { source: "move/a", destination: "move/b" }), /exists already/);
    await call("move_file", { source: "move/a", destination: "move/folder/c" });
    await call("move_file", { source: "move/folder", destination: "move/renamed" });
    assert.deepEqual((await readdir(at("move"), { recursive: true })).sort(), [
      "b",
      "renamed",
      "renamed/c",
      "renamed/inner",
    ]);
    const racers = Array.from({ length: 10 }, (_, count) => `move/racer-${count}`);
    for (const racer of racers) await writeFile(join(root, racer), racer);
    const answers = await Promise.all(
      racers.map((source) => call("move_file", { source, destination: "move/goal" })),
    );
    assert.equal(answers.filter(({ failed }) => !failed).length, 1);
    assert.equal((await readdir(at("move"))).filter((name) => name.startsWith("racer")).length, 9);
  });

  it("create directories, once and again", async () => {
    for (let count = 0; count < 2; count += 1)
      assert.equal((await call("create_directory", { path: "new/one/two" })).failed, false);
    assert.ok((await stat(at("new/one/two"))).isDirectory());
  });

  it("read several files, and media with their type", async () => {
    await writeFile(at("pixel.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47]));
    await writeFile(at("data.bin"), Buffer.from([0, 1, 2]));
    const several = await call("read_multiple_files", { paths: ["text.txt", "none", "data.bin"] });
    assert.match(several.text, /^text\.txt:\n/);
    assert.match(
      several.text,
      /\n---\nnone: Error - "none" does not exist\n---\ndata\.bin: Error - .*binary/,
    );
    assert.equal(several.structured["failed"], 2);
    const image = await client.callTool({ name: "read_media_file", arguments: { path: "pixel.png" } });
    assert.deepEqual(image.content, [{ type: "image", data: "iVBORw==", mimeType: "image/png" }]);
    const bytes = await client.callTool({ name: "read_media_file", arguments: { path: "data.bin" } });
    const resource = { uri: `file://${at("data.bin")}`, mimeType: "application/octet-stream", blob: "AAEC" };
    assert.deepEqual(bytes.content, [{ type: "resource", resource }]);
    assert.deepEqual(bytes.structuredContent, { content: [{ type: "resource", resource }] });
  });

  it("end before a directory of 10,500 entries does, and say so", async () => {
    await mkdir(at("many"));
    for (let start = 0; start < 10_500; start += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, count) => writeFile(at("many", `file-${start + count}`), "")),
      );
    const listed = await call("list_directory", { path: "many" });
    assert.equal((listed.structured["entries"] as []).length, 10_000);
    assert.equal(listed.structured["truncated"], true);
    assert.match(listed.text, /more: the answer ends after 10000 entries\.$/);
    assert.equal((await call("directory_tree", { path: "many" })).structured["truncated"], true);
    const found = await call("search_files", { path: "many", pattern: "*" });
    assert.deepEqual([(found.structured["paths"] as []).length, found.structured["truncated"]], [1000, true]);
    const watched = await call("list_changes", { path: "many" });
    assert.equal(watched.structured["truncated"], true);
    await rm(at("many"), { recursive: true });
  });

  it("refuse arguments that do not fit, tool by tool, and go on", async () => {
    const wrong: Record<string, Record<string, unknown>[]> = {
      read_file: [
        {},
        { path: 1 },
        { path: ["a"] },
        { path: "text.txt", head: 0 },
        { path: "text.txt", head: 1.5 },
      ],
      read_text_file: [{ path: null }, { path: "text.txt", tail: "1" }, { path: "text.txt", tail: -1 }],
      read_media_file: [{}, { path: {} }, { path: "" }],
      read_multiple_files: [{}, { paths: [] }, { paths: "text.txt" }, { paths: Array(201).fill("text.txt") }],
      write_file: [{ path: "w" }, { path: "w", content: 1 }, { content: "x" }],
      edit_file: [
        { path: "text.txt" },
        { path: "text.txt", edits: [] },
        { path: "text.txt", edits: [{ oldText: "", newText: "x" }] },
        { path: "text.txt", edits: [{ oldText: "a" }] },
        { path: "text.txt", edits: Array.from({ length: 201 }, () => ({ oldText: "a", newText: "b" })) },
        { path: "text.txt", edits: [{ oldText: "a", newText: "b" }], dryRun: "yes" },
      ],
      create_directory: [{}, { path: 7 }],
      list_directory: [{}, { path: "x".repeat(5000) }],
      list_directory_with_sizes: [{ path: ".", sortBy: "date" }],
      directory_tree: [
        { path: ".", excludePatterns: "x" },
        { path: ".", excludePatterns: Array(101).fill("x") },
        { path: ".", excludePatterns: ["x".repeat(1001)] },
      ],
      move_file: [{ source: "text.txt" }, { destination: "x" }, { source: "text.txt", destination: "" }],
      search_files: [{ path: "." }, { path: ".", pattern: "" }, { path: ".", pattern: "{a,b}".repeat(14) }],
      get_file_info: [{}, { path: false }],
      list_changes: [
        {},
        { path: ".", cursor: 1 },
        { path: ".", waitMs: -1 },
        { path: ".", cursor: "x".repeat(101) },
      ],
    };
    const before = (await readdir(root)).sort();
    for (const [tool, calls] of Object.entries(wrong)) for (const args of calls) await refused(tool, args);
    assert.deepEqual((await readdir(root)).sort(), before);
    assert.equal((await call("read_text_file", { path: "text.txt" })).failed, false);
  });

  it("take no time that grows with how a pattern or an edit is made up", async () => {
    await writeFile(at("slow.txt"), `${"a".repeat(1_000_000)}b`);
    await writeFile(at("a".repeat(255)), "");
    const edits = [{ oldText: `${"a".repeat(200_000)}c`, newText: "x" }];
    await refused("edit_file", { path: "slow.txt", edits });
    for (const pattern of [
      `${"*a".repeat(100)}*b`,
      "+(+(+(a)))b",
      `${"**/".repeat(100)}b`,
      `${"?*".repeat(200)}b`,
    ])
      assert.equal((await call("search_files", { path: ".", pattern })).failed, false);
  });

  it("end when the client is gone, without a change and without an open handle", async () => {
    const handles = async () => (await readdir(`/proc/${server.pid}/fd`)).length;
    const before = await handles();
    const { structured } = await call("list_changes", { path: "list" });
    const waiting = Array.from({ length: 20 }, async () => {
      const gone = new AbortController();
      const args = { path: "list", cursor: structured["cursor"], waitMs: 20_000 };
      const answer = callTool(client, "list_changes", args, { signal: gone.signal });
      setTimeout(() => gone.abort(), 200);
      await assert.rejects(answer);
    });
    await Promise.all(waiting);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.ok((await handles()) <= before + 20, `${before} to ${await handles()}`);
    assert.equal((await call("list_directory", { path: "list" })).failed, false);
  });
});
