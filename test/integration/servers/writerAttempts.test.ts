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
  sessionOf,
  toldCanary,
  undoRevokes,
} from "./sqlAttempts.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const attempts = readCorpus("sql-writer-attempts.json");
/** Effects after which the control has shown that there is something to hold back. */
const enough = 10;

describe("SQL of callers that may write, on its way out of the workspace", function () {
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
    server = await startServer(stage, {
      overrides: {
        postgres: {
          database: { queryTimeout: 3000, writer: { maxSize: "8MB" }, pool: { writerMax: 1 } },
          security: { rateLimit: { enabled: false } },
        },
      },
    });
    ({ client: mcp, close } = await connectClient(server, stage.keys.default));
    superuser = newClient(stage.superuser(), { step: "test" });
    await superuser.connect();
    const made = await callTool(mcp, "create_table", {
      table: "notes",
      columns: [
        { name: "id", type: "integer", generated: "identity", primaryKey: true },
        { name: "text", type: "text" },
      ],
    });
    assert.equal(made.failed, false, made.text);
    const filled = await callTool(mcp, "execute_statement", {
      sql: "INSERT INTO notes (text) SELECT 'note ' || n FROM generate_series(1, 3) n",
    });
    assert.equal(filled.failed, false, filled.text);
    await superuser.query(
      "SET ROLE mcp_owner; CREATE VIEW workspace.overview AS SELECT count(*) FROM workspace.notes; RESET ROLE",
    );
    for (const login of ["postgres_writer_1", "postgres_1"] as const)
      bystanders.push(await bystander(stage, login));
  });
  after(async () => {
    await close?.();
    for (const session of [...bystanders, superuser]) await session?.end().catch(() => {});
    await server?.end();
    await stage?.stop();
  });

  async function sessionState(): Promise<unknown> {
    const { failed, text, structured } = await callTool(mcp, "execute_statement", { sql: sessionFootprint });
    assert.equal(failed, false, text);
    return structured["rows"];
  }

  it("is a corpus of at least 60 ways", () => {
    assert.ok(attempts.length >= 60);
    assert.equal(new Set(attempts.map(({ name }) => name)).size, attempts.length);
  });

  it("is refused and has no effect, in each of these ways", async function () {
    this.timeout(600_000);
    const session = await sessionState();
    const escapes = await escapesAmong(attempts, superuser, async ({ sql, sqlstate }) => {
      const { failed, text } = await callTool(mcp, "execute_statement", { sql });
      const refused = failed && (sqlstate === undefined || text.includes(`SQLSTATE ${sqlstate}`));
      const kept = isDeepStrictEqual(await sessionState(), session);
      return refused && kept && !toldCanary(text) ? undefined : text;
    });
    assert.deepEqual(escapes, []);
  });

  it("leaves the login its password, and the workspace to others", async () => {
    await (await sessionOf(stage, "postgres_writer_1", "password")).end();
    const { failed, text } = await callTool(mcp, "execute_statement", {
      sql: "UPDATE notes SET text = 'changed' WHERE id = 1 RETURNING id",
    });
    assert.equal(failed, false, text);
  });

  it("has effects without the one kind of statement, the role and the revokes (control)", async () => {
    await undoRevokes(superuser);
    await superuser.query("GRANT CREATE ON SCHEMA workspace TO mcp_writer");
    const { rows } = await superuser.query<{ rolpassword: string }>(
      "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres_writer_1'",
    );
    const effects: string[] = [];
    for (const { name, sql } of attempts.filter((attempt) =>
      /^(identity|objects|outlives)/.test(attempt.name),
    )) {
      const session = await sessionOf(stage, "postgres_writer_1", "control");
      const before = await footprint(superuser);
      let answer = "";
      try {
        await session.query("SET statement_timeout = '2s'");
        answer = JSON.stringify((await session.query(sql)).rows ?? []);
      } catch {
        // Refused.
      }
      const changed = differing(before, await footprint(superuser));
      if (changed.length > 0 || toldCanary(answer)) effects.push(name);
      await session.end().catch(() => {});
      await superuser.query(`ALTER ROLE postgres_writer_1 PASSWORD '${rows[0]!.rolpassword}'`);
      await superuser.query("ALTER ROLE postgres_writer_1 RESET ALL");
      if (effects.length >= enough) break;
    }
    assert.ok(effects.length >= enough, effects.join("\n"));
  });
});
