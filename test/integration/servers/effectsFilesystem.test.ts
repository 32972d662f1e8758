import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/client";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient, post, request } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

// Each test delivers another filesystem.json to the running server: what it shows takes effect live.
describe("keys of filesystem.json in a running server", function () {
  this.timeout(180_000);
  let base: string;
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "mcp-keys-"));
    for (const folder of ["one/a/b/c", "two"]) await mkdir(join(base, folder), { recursive: true });
    for (const file of ["one/file.txt", "one/a/b/c/deep.txt", "two/file.txt", "one/.dot"])
      await writeFile(join(base, file), `${file}\n`);
    await symlink("a/b/c/deep.txt", join(base, "one/link"));
    await symlink("../two/file.txt", join(base, "one/link-out"));
    stage = await readyStage();
    server = await startServer(stage, { server: "filesystem", spoil: keys({}) });
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
    if (base) await rm(base, { recursive: true });
  });

  function keys(changes: Record<string, unknown>) {
    return editFiles({
      filesystem: {
        "/filesystem/root": join(base, "one"),
        "/filesystem/allowedPaths": [join(base, "one")],
        "/security/rateLimit/enabled": false,
        ...changes,
      },
    });
  }
  async function deliver(changes: Record<string, unknown>): Promise<void> {
    const since = server.log.length;
    await server.deliver({ spoil: keys(changes) });
    await server.line("files in force", since);
  }
  const call = (tool: string, args: Record<string, unknown>) => callTool(client, tool, args);
  const read = async (path: string) => {
    const { failed, text } = await call("read_text_file", { path });
    return failed ? undefined : text;
  };

  it("filesystem.root is where relative paths begin", async () => {
    assert.equal(await read("file.txt"), "one/file.txt\n");
    await deliver({ "/filesystem/root": join(base, "one/a/b") });
    assert.equal(await read("file.txt"), undefined);
    assert.equal(await read("c/deep.txt"), "one/a/b/c/deep.txt\n");
    assert.equal(await read("../../file.txt"), "one/file.txt\n");
  });

  it("filesystem.allowedPaths are the folders that are reached, and one that is not there is told", async () => {
    await deliver({});
    assert.equal(await read(join(base, "two/file.txt")), undefined);
    const since = server.log.length;
    const folders = [join(base, "two"), join(base, "none")];
    await deliver({ "/filesystem/allowedPaths": folders });
    assert.equal(await read(join(base, "two/file.txt")), "two/file.txt\n");
    assert.equal(await read(join(base, "one/file.txt")), undefined);
    const line = server.log.slice(since).find(({ msg }) => msg === "an allowed folder is not available");
    assert.deepEqual([line?.["folder"], line?.["problem"]], [folders[1], "does not exist"]);
    const { structured, text } = await call("list_allowed_directories", {});
    assert.deepEqual(structured["directories"], [
      { path: folders[0], available: true, problem: null },
      { path: folders[1], available: false, problem: "does not exist" },
    ]);
    assert.match(text, /^Allowed directories:\n/);
    await mkdir(folders[1]!);
    assert.match((await call("list_directory", { path: folders[1] })).text, /^$/);
  });

  it("folders that no tool may reach are refused, by name and by what is there, and the files in force stay", async () => {
    await deliver({});
    for (const folder of [
      "/proc",
      "/proc/self",
      "/sys",
      "/etc",
      "/etc/kilocode/mcp",
      "/var/log",
      server.state,
    ]) {
      const since = server.log.length;
      await server.deliver({ spoil: keys({ "/filesystem/allowedPaths": [join(base, "one"), folder] }) });
      const line = await server.line("new files refused; the ones in force stay", since);
      assert.match(String(line["problem"]), /^filesystem\.json: \/filesystem\/allowedPaths: /);
      assert.equal(await read("file.txt"), "one/file.txt\n");
    }
  });

  it("filesystem.maxFileSize is the largest file that is read or written", async () => {
    await deliver({ "/filesystem/maxFileSize": 13 });
    assert.equal(await read("file.txt"), "one/file.txt\n");
    assert.equal((await call("write_file", { path: "size", content: "x".repeat(13) })).failed, false);
    assert.match((await call("write_file", { path: "size", content: "x".repeat(14) })).text, /maxFileSize/);
    assert.equal(await read("size"), "x".repeat(13));
    await deliver({ "/filesystem/maxFileSize": 12 });
    assert.match((await call("read_text_file", { path: "file.txt" })).text, /13 bytes.*maxFileSize/);
    assert.equal((await call("read_media_file", { path: "file.txt" })).failed, true);
    assert.equal((await call("read_multiple_files", { paths: ["file.txt"] })).structured["failed"], 1);
  });

  it("filesystem.maxDepth is how far a tree, a search and a watch go down", async () => {
    const found = async () => {
      const { structured } = await call("search_files", { path: ".", pattern: "**/deep.txt" });
      const tree = await call("directory_tree", { path: "." });
      return [(structured["paths"] as []).length, structured["truncated"], /deep\.txt/.test(tree.text)];
    };
    await deliver({ "/filesystem/maxDepth": 4 });
    assert.deepEqual(await found(), [1, false, true]);
    await deliver({ "/filesystem/maxDepth": 3 });
    assert.deepEqual(await found(), [0, true, false]);
  });

  it("filesystem.followSymlinks says whether links are followed, within the allowed folders", async () => {
    await deliver({ "/filesystem/followSymlinks": false });
    assert.deepEqual([await read("link"), await read("link-out")], [undefined, undefined]);
    await deliver({ "/filesystem/followSymlinks": true });
    assert.deepEqual([await read("link"), await read("link-out")], ["one/a/b/c/deep.txt\n", undefined]);
    await deliver({
      "/filesystem/followSymlinks": true,
      "/filesystem/allowedPaths": [join(base, "one"), join(base, "two")],
    });
    assert.equal(await read("link-out"), "two/file.txt\n");
  });

  it("filesystem.includeHidden says whether names with a dot are seen", async () => {
    const seen = async () => {
      const listed = /\.dot/.test((await call("list_directory", { path: "." })).text);
      const { structured } = await call("search_files", { path: ".", pattern: ".dot" });
      return [listed, (structured["paths"] as []).length, await read(".dot")];
    };
    await deliver({ "/filesystem/includeHidden": false });
    assert.deepEqual(await seen(), [false, 0, undefined]);
    await deliver({ "/filesystem/includeHidden": true });
    assert.deepEqual(await seen(), [true, 1, "one/.dot\n"]);
  });

  it("filesystem.enableWatch says whether changes are told", async () => {
    await deliver({ "/filesystem/enableWatch": false });
    const names = async () => (await client.listTools()).tools.map(({ name }) => name);
    assert.ok(!(await names()).includes("list_changes"));
    await deliver({ "/filesystem/enableWatch": true, "/filesystem/watchInterval": 100 });
    assert.ok((await names()).includes("list_changes"));
    const first = await call("list_changes", { path: "a" });
    assert.deepEqual([first.structured["changes"], first.structured["reset"]], [[], false]);
    const later = call("list_changes", { path: "a", cursor: first.structured["cursor"], waitMs: 20_000 });
    await writeFile(join(base, "one/a/new.txt"), "new");
    const { structured } = await later;
    assert.deepEqual(structured["changes"], [{ path: "new.txt", change: "created", type: "file" }]);
    await writeFile(join(base, "one/a/new.txt"), "newer");
    await rm(join(base, "one/a/b"), { recursive: true });
    const next = await call("list_changes", { path: "a", cursor: structured["cursor"], waitMs: 20_000 });
    assert.deepEqual(
      (next.structured["changes"] as { path: string; change: string }[]).map(
        (each) => `${each.change} ${each.path}`,
      ),
      ["deleted b", "deleted b/c", "deleted b/c/deep.txt", "changed new.txt"],
    );
    const unknown = await call("list_changes", { path: "a", cursor: "somebody.7" });
    assert.equal(unknown.structured["reset"], true);
  });

  it("filesystem.watchInterval is how often changes are looked for", async () => {
    await deliver({ "/filesystem/watchInterval": 3_600_000 });
    const { structured } = await call("list_changes", { path: "." });
    await writeFile(join(base, "one/interval.txt"), "new");
    const soon = await call("list_changes", { path: ".", cursor: structured["cursor"], waitMs: 300 });
    assert.deepEqual(soon.structured["changes"], []);
    await deliver({ "/filesystem/watchInterval": 100 });
    const begun = await call("list_changes", { path: "." });
    await rm(join(base, "one/interval.txt"));
    const told = await call("list_changes", {
      path: ".",
      cursor: begun.structured["cursor"],
      waitMs: 20_000,
    });
    assert.deepEqual(told.structured["changes"], [{ path: "interval.txt", change: "deleted", type: "file" }]);
  });

  it("security.cors.enabled, origins, methods and headers are what a browser is told", async () => {
    const page = "https://app.example";
    const cors = {
      "/security/allowedOrigins": [page, "https://other.example"],
      "/security/cors/origins": [page, "https://third.example"],
      "/security/cors/methods": ["POST"],
      "/security/cors/headers": ["Content-Type", "X-API-Key"],
    };
    const preflight = async (origin: string) => {
      const { status, headers } = await request(server, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
      const told = (name: string) => headers.get(`access-control-allow-${name}`);
      return [status, told("origin"), told("methods"), told("headers"), told("credentials")];
    };
    await deliver(cors);
    assert.deepEqual(await preflight(page), [204, page, "POST", "Content-Type, X-API-Key", null]);
    // In one of the lists only: what the browser may not read, or what is not let in at all.
    assert.deepEqual((await preflight("https://other.example")).slice(0, 2), [401, null]);
    assert.deepEqual((await preflight("https://third.example")).slice(0, 2), [403, null]);
    const listed = await post(server, "tools/list", {}, { origin: page, "x-api-key": stage.keys.default });
    assert.equal(listed.status, 200);
    assert.equal(listed.headers.get("access-control-allow-origin"), page);
    assert.match(listed.headers.get("vary") ?? "", /Origin/);
    const refused = await post(server, "tools/list", {}, { origin: page });
    assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [401, page]);
    await deliver({ ...cors, "/security/cors/enabled": false });
    assert.deepEqual((await preflight(page)).slice(0, 2), [401, null]);
  });
});
