import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import type { Client } from "@modelcontextprotocol/client";
import { filesystemFile } from "#model/files/schema/filesystem.ts";
import { readingTools } from "#model/client/readingTools.ts";
import { Files } from "#servers/filesystem/files.ts";
import { filesystemTools } from "#servers/filesystem/filesystemServer.ts";
import { Shield } from "#servers/filesystem/shield.ts";
import { canary, footprintOf, makeFixture, maxFileSize } from "./filesystemFixture.ts";
import type { FilesystemFixture } from "./filesystemFixture.ts";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

interface Attempt {
  readonly name: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const { attempts } = JSON.parse(
  readFileSync(new URL("../../corpus/filesystem-attempts.json", import.meta.url), "utf8"),
) as { attempts: Attempt[] };

describe("calls that try to leave the allowed folders", function () {
  this.timeout(300_000);
  let fixture: FilesystemFixture;
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  const settings = (followSymlinks: boolean) => ({
    root: fixture.allowed,
    allowedPaths: [fixture.allowed, fixture.missing],
    maxFileSize,
    followSymlinks,
  });

  before(async () => {
    fixture = await makeFixture();
    stage = await readyStage();
    server = await startServer(stage, {
      server: "filesystem",
      overrides: {
        filesystem: { filesystem: settings(false), security: { rateLimit: { enabled: false } } },
      },
    });
    await fixture.linkTo(server.files);
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
    await fixture?.remove();
  });

  /** The arguments with the places of this run in them. */
  function filledIn(args: Attempt["arguments"], places: Record<string, string>): Record<string, unknown> {
    const text = JSON.stringify(args);
    return JSON.parse(
      text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => JSON.stringify(places[name]!).slice(1, -1)),
    ) as Record<string, unknown>;
  }
  const places = () => ({
    base: fixture.base,
    allowed: fixture.allowed,
    outside: fixture.outside,
    missing: fixture.missing,
    files: server.files,
    state: server.state,
    long: "n".repeat(256),
    longPath: "a/".repeat(2040) + "../".repeat(2040) + "etc/passwd",
    veryLong: "x".repeat(50_000),
    large: "x".repeat(maxFileSize + 1),
  });

  it("are a corpus of at least 150 ways", () => {
    assert.ok(attempts.length >= 150);
    assert.equal(new Set(attempts.map(({ name }) => name)).size, attempts.length);
  });

  for (const follow of [false, true]) {
    describe(follow ? "with links followed" : "with links not followed", () => {
      let untouched: Record<string, string> | undefined;

      before(async () => {
        const since = server.log.length;
        await server.deliver({
          spoil: editFiles({
            filesystem: {
              ...Object.fromEntries(
                Object.entries(settings(follow)).map(([key, value]) => [`/filesystem/${key}`, value]),
              ),
              "/security/rateLimit/enabled": false,
            },
          }),
        });
        await server.line("files in force", since);
      });

      for (const { name, tool, arguments: args } of attempts) {
        it(`are refused and have no effect: ${name}`, async () => {
          untouched ??= await footprintOf(fixture.base);
          const sent = filledIn(args, places());
          const { failed, text, structured } = await callTool(client, tool, sent).catch((error: unknown) => ({
            failed: true,
            text: String(error),
            structured: {},
          }));
          assert.ok(failed, text);
          assert.doesNotMatch(text, /internal error/);
          assert.ok(!text.includes(canary) && !JSON.stringify(structured).includes(canary), text);
          // Nor does a message tell by what way the server went.
          if (!JSON.stringify(sent).includes("/proc/")) assert.doesNotMatch(text, /\/proc\/|root:x:0/);
          assert.deepEqual(await footprintOf(fixture.base), untouched);
          await assert.rejects(stat(`${server.state}/new.txt`));
        });
      }

      it("say the same of what exists and of what does not", async () => {
        for (const [there, not] of [
          [`${fixture.outside}/secret.txt`, `${fixture.outside}/secret.txx`],
          ["/etc/passwd", "/etc/passwx"],
          [server.state, `${server.state}x`],
          [`${fixture.allowed}/.hidden`, `${fixture.allowed}/.hiddex`],
          ["/etc/passwd/x", "/etc/x/x"],
        ] as const) {
          for (const tool of ["read_text_file", "get_file_info", "list_directory", "create_directory"]) {
            const [one, other] = [
              await callTool(client, tool, { path: there }),
              await callTool(client, tool, { path: not }),
            ];
            assert.ok(one.failed && other.failed);
            assert.equal(one.text.replace(there, ""), other.text.replace(not, ""));
          }
        }
      });

      it("a file with another name outside keeps its content there when it is written", async () => {
        await callTool(client, "write_file", { path: "hard.txt", content: "changed" });
        assert.equal(await readFile(`${fixture.outside}/hard.txt`, "utf8"), "hard\n");
      });

      it("a link inside is followed only where links are", async () => {
        const { failed, text } = await callTool(client, "read_text_file", { path: "link-inside" });
        assert.deepEqual([failed, text === "inner\n"], [!follow, follow]);
      });

      it("no handle stays open", async () => {
        // The process has files of its own; one left by each attempt would be hundreds.
        const open = await readdir(`/proc/${server.pid}/fd`);
        assert.ok(open.length < 100, String(open.length));
      });
    });
  }

  it("reach what they should not when the check is taken out (control)", async () => {
    const config = filesystemFile.shape.filesystem.parse(settings(true));
    const everywhere = { standing: () => "inside" as const };
    const files = new Files(config, await Shield.over([]), undefined, everywhere);
    const tools = new Map(filesystemTools(files, 10_000).map((tool) => [tool.name, tool]));
    const reached: string[] = [];
    for (const { name, tool, arguments: args } of attempts) {
      // Only what reads: without the check, writing would be real.
      if (!readingTools.filesystem.includes(tool)) continue;
      // The whole machine is no place to search.
      if (/root|processes/.test(name)) continue;
      const call = {
        caller: { client: "x", role: "x", servers: [], keyId: "x" },
        requestId: "x",
        signal: AbortSignal.timeout(10_000),
      };
      const output = await tools
        .get(tool)!
        .run({ excludePatterns: [], waitMs: 0, ...filledIn(args, places()) }, call as never)
        .catch(() => undefined);
      if (output !== undefined) reached.push(name);
    }
    assert.ok(reached.length >= 40, `${reached.length}: ${reached.join("\n")}`);
    assert.ok(reached.includes("traversal: one step up") && reached.includes("link: to a file"));
  });
});
