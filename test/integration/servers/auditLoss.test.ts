import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { auditRows, newAuditRows } from "./auditRows.ts";
import { callFixture, startFixture } from "./fixture.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const writer = fileURLToPath(new URL("auditWriter.ts", import.meta.url));

describe("records under kill -9", function () {
  this.timeout(180_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "audit-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(mode: string, milliseconds?: number): Promise<string[]> {
    const child = spawn(process.execPath, [writer, mode, folder], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const ended = once(child, "close");
    const file = join(folder, "acknowledged");
    if (milliseconds !== undefined) {
      while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill("SIGKILL");
    }
    await ended;
    // The last line may have been cut.
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  }
  const delivered = (): string[] => {
    const file = join(folder, "delivered");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    const rows = lines.map((line) => JSON.parse(line) as { action: string; event_id?: string });
    // As the database does it: a row that comes again, by its id, is kept once.
    return [...new Map(rows.map((row) => [row.event_id ?? row.action, row.action])).values()];
  };

  it("are all there, each once, that were acknowledged", async () => {
    for (const milliseconds of [50, 350, 800]) {
      const acknowledged = await run("spool", milliseconds);
      assert.ok(acknowledged.length > 0);
      await run("none");
      const kept = delivered();
      assert.deepEqual(kept.length, new Set(kept).size);
      const there = new Set(kept);
      assert.deepEqual(
        acknowledged.filter((action) => !there.has(action)),
        [],
      );
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    }
  });

  it("are lost where a batch waits in memory (control)", async () => {
    const acknowledged = await run("memory", 800);
    const there = new Set(delivered());
    assert.ok(acknowledged.some((action) => !there.has(action)));
  });

  describe("of a server", () => {
    let stage: ReadyStage;
    before(async () => {
      stage = await readyStage();
    });
    after(() => stage?.stop());
    const paths = async () =>
      (await auditRows(stage))
        .filter(({ action }) => action === "put")
        .map(({ resource_id }) => resource_id!);

    it("are there exactly once after its next start, every acknowledged write", async () => {
      const state = mkdtempSync(join(tmpdir(), "mcp-state-"));
      const server = await startFixture(stage, { state });
      const acknowledged: string[] = [];
      const callers = Array.from({ length: 8 }, async (_, worker) => {
        for (let count = 0; ; count += 1) {
          const path = `/${worker}/${count}`;
          const { text } = await callFixture(server, stage.keys.default, "put", { path, content: "x" });
          if (!text.includes('"isError":true')) acknowledged.push(path);
        }
      });
      while (acknowledged.length < 60) await new Promise((resolve) => setTimeout(resolve, 50));
      server.signal("SIGKILL");
      await Promise.allSettled(callers);
      await server.end();
      const next = await startFixture(stage, { state });
      await newAuditRows(stage, 0, acknowledged.length);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const kept = await paths();
      assert.equal(kept.length, new Set(kept).size, "each once");
      const there = new Set(kept);
      assert.deepEqual(
        acknowledged.filter((path) => !there.has(path)),
        [],
      );

      // SIGTERM: nothing is left on disk.
      await callFixture(next, stage.keys.default, "put", { path: "/last", content: "x" });
      next.signal("SIGTERM");
      assert.equal(await next.exited, 0);
      assert.ok((await paths()).includes("/last"));
      assert.deepEqual(readdirSync(join(state, "spool/audit")), []);
      await next.end();
      rmSync(state, { recursive: true });
    });

    it("that cannot be kept are a reason to do nothing, until the database takes them again", async () => {
      const server = await startFixture(stage);
      const sql = (verb: string, to: string) =>
        stage.asSuperuser((session) =>
          session.query(`${verb} EXECUTE ON FUNCTION mcp.record_audit_batch(jsonb) ${to} mcp_service`),
        );
      const put = (path: string) =>
        callFixture(
          server,
          stage.keys.default,
          "put",
          { path, content: "x" },
          { "user-agent": "u".repeat(500) },
        );
      await sql("REVOKE", "FROM");
      const done: string[] = [];
      let text = "";
      for (let count = 0; !/nothing was done/.test(text) && count < 2000; count += 1) {
        ({ text } = await put(`/full/${count}`));
        if (!text.includes('"isError":true')) done.push(`/full/${count}`);
      }
      assert.match(text, /nothing was done, because calls cannot be recorded now: the spool is full/);
      assert.ok(done.length > 50);
      const unknown = await callFixture(server, `kcp_${"0".repeat(32)}`, "look");
      assert.equal(unknown.status, 503);
      await sql("GRANT", "TO");
      while (/nothing was done/.test(text)) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        ({ text } = await put("/after"));
      }
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const kept = (await paths()).filter((path) => path.startsWith("/full/"));
      assert.deepEqual(kept.toSorted(), done.toSorted());
      await server.end();
    });
  });
});
