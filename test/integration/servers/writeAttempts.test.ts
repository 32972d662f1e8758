import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Client as McpClient } from "@modelcontextprotocol/client";
import type { Client } from "pg";
import { newClient } from "#providers/database/connect.ts";
import { differing, footprint, sessionFootprint } from "./footprint.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import {
  bystander,
  escapesAmong,
  plantCanaries,
  readCorpus,
  toldCanary,
  undoRevokes,
} from "./sqlAttempts.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const attempts = readCorpus("sql-write-attempts.json");
/** Effects after which the control has shown that there is something to hold back. */
const enough = 10;

describe("SQL that tries to write or to escape", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let mcp: McpClient;
  let close: () => Promise<void>;
  let superuser: Client;
  const bystanders: Client[] = [];

  before(async () => {
    stage = await readyStage();
    await plantCanaries(stage);
    // One connection: an attempt and the look at the session afterwards share it.
    // What the server itself records comes once, before the first look.
    server = await startServer(stage, {
      overrides: {
        postgres: { database: { queryTimeout: 5000, pool: { max: 1, min: 1 } } },
        metrics: { metrics: { sampleInterval: 86_400 } },
      },
    });
    while (!(await reported(stage))) await new Promise((resolve) => setTimeout(resolve, 50));
    ({ client: mcp, close } = await connectClient(server, stage.keys.default));
    superuser = newClient(stage.superuser(), { step: "test" });
    await superuser.connect();
    for (const login of ["postgres_reader_1", "postgres_1"] as const)
      bystanders.push(await bystander(stage, login));
  });
  after(async () => {
    await close?.();
    for (const session of [...bystanders, superuser]) await session?.end().catch(() => {});
    await server?.end();
    await stage?.stop();
  });

  async function sessionState(): Promise<unknown> {
    const { failed, text, structured } = await callTool(mcp, "execute_query", { sql: sessionFootprint });
    assert.equal(failed, false, text);
    return structured["rows"];
  }

  it("is a corpus of at least 100 ways", () => {
    assert.ok(attempts.length >= 100);
    assert.equal(new Set(attempts.map(({ name }) => name)).size, attempts.length);
  });

  it("has no effect, in each of these ways", async function () {
    this.timeout(600_000);
    const session = await sessionState();
    const escapes = await escapesAmong(attempts, superuser, async ({ sql, sqlstate }) => {
      const { failed, text } = await callTool(mcp, "execute_query", { sql });
      const asExpected = sqlstate === undefined || (failed && text.includes(`SQLSTATE ${sqlstate}`));
      const kept = isDeepStrictEqual(await sessionState(), session);
      return asExpected && kept && !toldCanary(text) ? undefined : text;
    });
    assert.deepEqual(escapes, []);
  });

  it("leaves the login its password", async () => {
    const session = newClient(stage.login("postgres_reader_1"), { step: "test" });
    await session.connect();
    await session.end();
  });

  it("has effects without transaction, tidying up and revokes (control)", async () => {
    await undoRevokes(superuser);
    const { rows: login } = await superuser.query<{ rolpassword: string }>(
      "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres_reader_1'",
    );
    const verifier = login[0]!.rolpassword;
    const effects: string[] = [];
    for (const { name, sql } of attempts.filter((attempt) => !/^bomb|sleeping/.test(attempt.name))) {
      const session = newClient(stage.login("postgres_reader_1"), { step: "control" });
      session.on("error", () => {});
      await session.connect();
      const before = await footprint(superuser);
      const state = await session.query(sessionFootprint);
      let answer = "";
      try {
        await session.query("SET statement_timeout = '5s'");
        answer = JSON.stringify((await session.query(sql)).rows ?? []);
      } catch {
        // Refused, or the statement ended its own session.
      }
      const after = await session.query(sessionFootprint).catch(() => undefined);
      const changed = differing(before, await footprint(superuser));
      const kept =
        JSON.stringify(after?.rows) !==
        JSON.stringify(state.rows).replace("statement_timeout=0", "statement_timeout=5000");
      if (changed.length > 0 || kept || toldCanary(answer)) effects.push(name);
      await session.end().catch(() => {});
      await superuser.query(`ALTER ROLE postgres_reader_1 PASSWORD '${verifier}'`);
      await superuser.query("ALTER ROLE postgres_reader_1 RESET ALL");
      if (effects.length >= enough) break;
    }
    assert.ok(effects.length >= enough, effects.join("\n"));
  });
});

/** The last of what a server records after its start. */
async function reported(stage: ReadyStage): Promise<boolean> {
  const { rowCount } = await stage.asSuperuser((client) => client.query("SELECT FROM mcp.server_reports"));
  return (rowCount ?? 0) > 0;
}
