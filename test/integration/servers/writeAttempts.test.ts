import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Client as McpClient } from "@modelcontextprotocol/client";
import { Client } from "pg";
import { systemFunctions } from "#model/access/system.ts";
import { databaseName } from "#model/names.ts";
import { newClient } from "#providers/database/connect.ts";
import { differing, footprint, sessionFootprint } from "./footprint.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

interface Attempt {
  readonly name: string;
  readonly sql: string;
  readonly sqlstate?: string;
}

const { attempts } = JSON.parse(
  readFileSync(new URL("../../corpus/sql-write-attempts.json", import.meta.url), "utf8"),
) as { attempts: Attempt[] };

/** Stand in the places that nobody may read; found in an answer, they betray a leak. */
const canaries = {
  passwordHash: "canary-password-hash",
  keyHash: "canary-key-hash",
  othersSql: "canary-others-sql",
  verifier: "SCRAM-SHA-256$",
  systemFile: "root:x:0:0",
};

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
    await stage.asSuperuser(async (client) => {
      await client.query(
        `INSERT INTO mcp.users (username, email, password_hash) VALUES ('owner', 'o@x.invalid', $1)`,
        [canaries.passwordHash],
      );
      await client.query(
        `INSERT INTO mcp.api_keys (key_id, key_prefix, key_hash, name) VALUES ('c', 'c', $1, 'c')`,
        [canaries.keyHash],
      );
    });
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
    for (const login of ["postgres_reader_1", "postgres_1"] as const) bystanders.push(await bystander(login));
  });
  after(async () => {
    await close?.();
    for (const session of [...bystanders, superuser]) await session?.end().catch(() => {});
    await server?.end();
    await stage?.stop();
  });

  /** Another session, of the same login too, in the middle of a statement. */
  async function bystander(login: "postgres_reader_1" | "postgres_1"): Promise<Client> {
    const { user, password } = stage.login(login);
    const { host, port, ca } = stage.superuser();
    const session = new Client({
      host,
      port,
      user,
      password,
      database: databaseName,
      application_name: "bystander",
      ssl: { ca, servername: "localhost" },
    });
    session.on("error", () => {});
    await session.connect();
    session.query(`SELECT pg_sleep(600) /* ${canaries.othersSql} */`).catch(() => {});
    return session;
  }

  async function sessionState(): Promise<unknown> {
    const { failed, text, structured } = await callTool(mcp, "execute_query", { sql: sessionFootprint });
    assert.equal(failed, false, text);
    return structured["rows"];
  }

  it("is a corpus of at least 100 ways", () => {
    assert.ok(attempts.length >= 100);
    assert.equal(new Set(attempts.map(({ name }) => name)).size, attempts.length);
  });

  for (const { name, sql, sqlstate } of attempts) {
    it(`has no effect: ${name}`, async () => {
      const session = await sessionState();
      const before = await footprint(superuser);
      const { failed, text } = await callTool(mcp, "execute_query", { sql });
      assert.deepEqual(differing(before, await footprint(superuser)), [], text);
      assert.deepEqual(await sessionState(), session, text);
      for (const canary of Object.values(canaries)) assert.ok(!text.includes(canary), text);
      if (sqlstate !== undefined) assert.ok(failed && text.includes(`SQLSTATE ${sqlstate}`), text);
    });
  }

  it("leaves the login its password", async () => {
    const session = newClient(stage.login("postgres_reader_1"), { step: "test" });
    await session.connect();
    await session.end();
  });

  it("has effects without transaction, tidying up and revokes (control)", async () => {
    await superuser.query(`GRANT TEMPORARY ON DATABASE ${databaseName} TO PUBLIC`);
    await superuser.query("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC");
    const { rows } = await superuser.query<{ name: string }>(
      "SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($1)",
      [systemFunctions.flatMap(({ names }) => names)],
    );
    for (const { name } of rows) await superuser.query(`GRANT EXECUTE ON FUNCTION ${name} TO PUBLIC`);

    const { rows: login } = await superuser.query<{ rolpassword: string }>(
      "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres_reader_1'",
    );
    const verifier = login[0]!.rolpassword;
    const effects: string[] = [];
    for (const { name, sql } of attempts) {
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
      const told = Object.values(canaries).some((canary) => answer.includes(canary));
      if (changed.length > 0 || kept || told) effects.push(name);
      await session.end().catch(() => {});
      await superuser.query(`ALTER ROLE postgres_reader_1 PASSWORD '${verifier}'`);
      await superuser.query("ALTER ROLE postgres_reader_1 RESET ALL");
    }
    assert.ok(effects.length >= 5, effects.join("\n"));
  });
});

/** The last of what a server records after its start. */
async function reported(stage: ReadyStage): Promise<boolean> {
  const { rowCount } = await stage.asSuperuser((client) => client.query("SELECT FROM mcp.server_reports"));
  return (rowCount ?? 0) > 0;
}
