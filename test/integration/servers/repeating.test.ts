import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("a read whose connection is lost", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage);
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
  });

  async function deliver(keys: Record<string, unknown>): Promise<void> {
    const before = server.log.length;
    await server.deliver({ spoil: editFiles({ postgres: keys }) });
    await server.line("files in force", before);
  }
  /** Process and state of the session that runs, or ran last, this statement. */
  const sessionOf = (sql: string) =>
    stage.asSuperuser(async (session) => {
      const { rows } = await session.query<{ pid: number; state: string }>(
        "SELECT pid, state FROM pg_stat_activity WHERE query = $1 AND pid <> pg_backend_pid()",
        [sql],
      );
      return rows[0];
    });
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** Ends the session of the statement, `times` at most, whenever it runs; resolves with how often it did. */
  async function interrupt(
    sql: string,
    times: number,
  ): Promise<{ ended: number; failed: boolean; took: number }> {
    const start = performance.now();
    const over = new AbortController();
    const answer = callTool(client, "execute_query", { sql }).finally(() => over.abort());
    let ended = 0;
    while (!over.signal.aborted && ended < times) {
      const found = await sessionOf(sql);
      if (found?.state !== "active") continue;
      await stage.asSuperuser((session) =>
        session.query("SELECT pg_terminate_backend($1, 5000)", [found.pid]),
      );
      ended += 1;
    }
    const { failed } = await answer;
    return { ended, failed, took: performance.now() - start };
  }

  it("database.maxRetries and retryDelay: a read is repeated when the connection is lost, with doubled waits", async () => {
    await deliver({ "/database/maxRetries": 2, "/database/retryDelay": 300 });
    const once = await interrupt("SELECT pg_sleep(2), 'once'", 1);
    assert.deepEqual([once.ended, once.failed], [1, false]);
    const always = await interrupt("SELECT pg_sleep(25), 'always'", Infinity);
    assert.deepEqual([always.ended, always.failed], [3, true]);
    assert.ok(always.took > 300 + 600);
    await deliver({ "/database/maxRetries": 0 });
    const never = await interrupt("SELECT pg_sleep(25), 'never'", Infinity);
    assert.deepEqual([never.ended, never.failed], [1, true]);
  });

  it("database.idleTimeout ends a session that waits inside a transaction", async () => {
    /** Stops the server in the middle of a call: its statement ends, and the session waits for the next one. */
    const whileStopped = async (sql: string, look: () => Promise<void>) => {
      const answer = callTool(client, "execute_query", { sql }).catch(() => undefined);
      while ((await sessionOf(sql))?.state !== "active");
      server.signal("SIGSTOP");
      try {
        while ((await sessionOf(sql))?.state === "active");
        await look();
      } finally {
        server.signal("SIGCONT");
      }
      await answer;
    };
    await deliver({ "/database/idleTimeout": 60_000 });
    const waits = "SELECT pg_sleep(1), 'waits'";
    await whileStopped(waits, async () => {
      await pause(1500);
      assert.equal((await sessionOf(waits))?.state, "idle in transaction");
    });
    await deliver({ "/database/idleTimeout": 300 });
    const ends = "SELECT pg_sleep(1), 'ends'";
    await whileStopped(ends, async () => {
      while ((await sessionOf(ends)) !== undefined);
    });
    assert.equal((await callTool(client, "execute_query", { sql: "SELECT 1" })).failed, false);
  });
});
