import assert from "node:assert/strict";
import { constants } from "node:fs";
import { mkdir, mkdtemp, open, readFile, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { filesystemFile } from "#model/files/schema/filesystem.ts";
import { Files } from "#servers/filesystem/files.ts";
import { filesystemTools } from "#servers/filesystem/filesystemServer.ts";
import { Shield } from "#servers/filesystem/shield.ts";

const canary = "canary-behind-the-door";
/** Rounds at most; a busy machine makes fewer of them in the time that there is. */
const mostRounds = 1500;
const longestMilliseconds = 6000;
/** The careless way usually escapes within a few hundred. */
const mostControlRounds = 200_000;

// Another process exchanges a folder for a link that leads out, all the time.
describe("a folder that becomes a link while it is used", function () {
  this.timeout(300_000);
  let base: string;
  let allowed: string;
  let outside: string;
  let swapper: Worker;
  let swapperFailed: unknown;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "mcp-race-"));
    [allowed, outside] = [join(base, "allowed"), join(base, "outside")];
    const room = join(base, "allowed/room");
    const [door, link] = [join(allowed, "door"), join(allowed, "link")];
    await mkdir(door, { recursive: true });
    await mkdir(outside);
    await writeFile(join(door, "file.txt"), "inside");
    await writeFile(join(outside, "file.txt"), canary);
    await writeFile(join(allowed, "move-me.txt"), "inside");
    await symlink(outside, link);
    swapper = new Worker(new URL("./swapper.ts", import.meta.url), { workerData: { door, room, link } });
    swapper.on("error", (error) => (swapperFailed = error));
  });
  after(async () => {
    await swapper?.terminate();
    if (base) await rm(base, { recursive: true });
  });

  async function untouched(): Promise<void> {
    assert.equal(swapperFailed, undefined);
    assert.deepEqual(await readdir(outside), ["file.txt"]);
    assert.equal(await readFile(join(outside, "file.txt"), "utf8"), canary);
  }

  for (const followSymlinks of [false, true]) {
    it(`leads nowhere else, followSymlinks ${followSymlinks}`, async () => {
      const config = filesystemFile.shape.filesystem.parse({
        root: allowed,
        allowedPaths: [allowed],
        followSymlinks,
      });
      const files = new Files(config, await Shield.over([]));
      const tools = new Map(filesystemTools(files, 10_000).map((tool) => [tool.name, tool]));
      const outcomes = { done: 0, refused: 0 };
      const call = async (name: string, args: object): Promise<void> => {
        const signal = AbortSignal.timeout(60_000);
        const context = {
          caller: { client: "x", role: "x", servers: [], keyId: "x" },
          requestId: "x",
          signal,
        };
        try {
          const output = await tools.get(name)!.run(args, context as never);
          assert.ok(!JSON.stringify(output).includes(canary), `${name} brought back what lies outside`);
          outcomes.done += 1;
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(!String(error).includes(canary));
          outcomes.refused += 1;
        }
      };
      const end = performance.now() + longestMilliseconds;
      for (let round = 0; round < mostRounds && performance.now() < end; round += 1) {
        const path = "door/file.txt";
        await call("read_text_file", { path });
        if (round % 5 === 0) {
          await call("list_directory", { path: "door" });
          await call("search_files", { path: ".", pattern: "**/file.txt", excludePatterns: [] });
          await call("write_file", { path: "door/new.txt", content: "written" });
          await call("write_file", { path, content: `inside ${round}` });
          await call("edit_file", {
            path,
            edits: [{ oldText: "inside", newText: "inside" }],
            dryRun: false,
          });
          await call("move_file", { source: "move-me.txt", destination: "door/moved.txt" });
          await call("move_file", { source: "door/moved.txt", destination: "move-me.txt" });
        }
      }
      await untouched();
      assert.ok(outcomes.done > 0 && outcomes.refused > 0, JSON.stringify(outcomes));
    });
  }

  it("leads outside for a path that is checked before its use (control)", async () => {
    let escapes = 0;
    for (let round = 0; round < mostControlRounds && escapes === 0; round += 1) {
      const text = await careless(join(allowed, "door/file.txt")).catch(() => "");
      if (text.includes(canary)) escapes += 1;
    }
    await untouched();
    assert.ok(escapes > 0, "the race was never won: the test shows nothing");
  });

  /** What many servers do: resolve, compare the beginning, open without following. */
  async function careless(path: string): Promise<string> {
    const real = await realpath(path);
    if (!real.startsWith(`${allowed}/`)) throw new Error("outside");
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  }
});
