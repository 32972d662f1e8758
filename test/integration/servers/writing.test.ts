import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("writing through the postgres server", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let readonly: Client;
  const closes: (() => Promise<void>)[] = [];

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage);
    const connected = await connectClient(server, stage.keys.default);
    const other = await connectClient(server, stage.keys.reader);
    [client, readonly] = [connected.client, other.client];
    closes.push(connected.close, other.close);
  });
  after(async () => {
    for (const close of closes) await close();
    await server?.end();
    await stage?.stop();
  });

  async function deliver(
    keys: Record<string, unknown>,
    more: (files: Record<string, string>) => void = () => {},
  ): Promise<void> {
    const before = server.log.length;
    const edit = editFiles({ postgres: keys });
    await server.deliver({
      spoil: (files) => {
        edit(files);
        more(files);
      },
    });
    await server.line("files in force", before);
  }
  const write = (sql: string, args: Record<string, unknown> = {}) =>
    callTool(client, "execute_statement", { sql, ...args });
  const makeTable = async (table: string, columns: object[] = [{ name: "n", type: "integer" }]) => {
    const made = await callTool(client, "create_table", { table, columns });
    assert.equal(made.failed, false, made.text);
  };
  /** Waits for a session of the writer that runs this, and returns its process. */
  const running = async (sql: string): Promise<number> => {
    for (;;) {
      const pid = await stage.asSuperuser(async (session) => {
        const { rows } = await session.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE application_name = 'kilocode postgres writer' AND state = 'active'
              AND query = $1`,
          [sql],
        );
        return rows[0]?.pid;
      });
      if (pid !== undefined) return pid;
    }
  };
  const count = async (table: string): Promise<unknown> => {
    const { structured } = await callTool(readonly, "execute_query", {
      sql: `SELECT count(*)::int AS count FROM workspace.${table}`,
    });
    return (structured["rows"] as { count: number }[])[0]?.count;
  };

  it("makes a table, fills, changes and empties it; who only reads, reads it; then it is gone", async () => {
    const made = await callTool(client, "create_table", {
      table: "tasks",
      comment: "What is to do",
      columns: [
        { name: "id", type: "bigint", generated: "identity", primaryKey: true },
        { name: "title", type: "text", nullable: false, unique: true, comment: "In a few words" },
        { name: "tags", type: "text[]", default: "{}" },
        { name: "done", type: "boolean", default: false, index: true },
        { name: "made", type: "timestamptz", generated: "now" },
        { name: "near", type: "vector(2)" },
      ],
    });
    assert.deepEqual(made.structured, { table: "workspace.tasks" });
    const inserted = await write(
      "INSERT INTO tasks (title, near) VALUES ($1, '[1,2]'), ($2, NULL), ($3, NULL) RETURNING id, title",
      { params: ["it's", "two", "three"], maxRows: 2 },
    );
    assert.deepEqual(inserted.structured, {
      columns: [
        { name: "id", type: "bigint" },
        { name: "title", type: "text" },
      ],
      rows: [
        { id: "1", title: "it's" },
        { id: "2", title: "two" },
      ],
      rowCount: 2,
      truncated: true,
      truncatedBy: "rows",
      command: "INSERT 0 3",
      affectedRows: 3,
    });
    assert.equal((await write("UPDATE tasks SET done = true WHERE id > 1")).structured["affectedRows"], 2);
    assert.equal((await write("DELETE FROM tasks WHERE done")).structured["command"], "DELETE 2");
    assert.equal(await count("tasks"), 1);
    const seen = await callTool(readonly, "get_schema", { schema: "workspace" });
    assert.match(seen.text, /What is to do.*In a few words/);
    assert.match((await write("INSERT INTO tasks (title) VALUES ('it''s')")).text, /SQLSTATE 23505/);
    assert.match((await write("INSERT INTO task (title) VALUES ('x')")).text, /42P01.*create_table/s);
    assert.match((await write("DELETE FROM tasks; DELETE FROM tasks")).text, /Hint: Send exactly one/);
    assert.match((await write("UPDATE tasks SET nothing = 1")).text, /Position: 18/);
    const dropped = await callTool(client, "drop_table", { table: "tasks" });
    assert.deepEqual(dropped.structured, { dropped: "workspace.tasks" });
    assert.equal((await callTool(client, "drop_table", { table: "tasks" })).failed, true);
  });

  it("is not for a role without the permission, which does not see the tools either", async () => {
    const names = (await readonly.listTools()).tools.map(({ name }) => name);
    assert.ok(names.includes("execute_query"));
    for (const tool of ["execute_statement", "create_table", "drop_table"]) {
      assert.ok(!names.includes(tool));
      await assert.rejects(callTool(readonly, tool, { sql: "SELECT 1", table: "x", columns: [] }));
    }
  });

  it("writes nothing when what it returns is too large, and goes on", async () => {
    await makeTable("wide");
    const { failed, text } = await write(
      "INSERT INTO wide SELECT 1 FROM generate_series(1, 200) RETURNING repeat('x', 200000)",
    );
    assert.equal(failed, true);
    assert.match(text, /^Nothing was written: .*far larger/);
    assert.equal(await count("wide"), 0);
    assert.equal((await write("INSERT INTO wide VALUES (1)")).failed, false);
  });

  it("says that nothing was written when the connection is lost before the end, and does not repeat it", async () => {
    await makeTable("once");
    const sql = "INSERT INTO once SELECT 1 FROM pg_sleep(30)";
    const lost = write(sql);
    const pid = await running(sql);
    await stage.asSuperuser((session) => session.query("SELECT pg_terminate_backend($1)", [pid]));
    const { failed, text } = await lost;
    assert.equal(failed, true);
    assert.match(text, /Nothing was written/);
    assert.equal(await count("once"), 0);
  });

  it("says that it does not know when the connection is lost during the commit, and does not repeat it", async () => {
    await makeTable("uncertain");
    // A commit that takes its time.
    await stage.asSuperuser((session) =>
      session.query(`CREATE FUNCTION kilocode.slow() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
        GRANT USAGE ON SCHEMA kilocode TO PUBLIC;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON workspace.uncertain DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION kilocode.slow()`),
    );
    const lost = write("INSERT INTO uncertain VALUES (1)");
    const pid = await running("COMMIT");
    await stage.asSuperuser((session) => session.query("SELECT pg_terminate_backend($1)", [pid]));
    const { failed, text } = await lost;
    assert.equal(failed, true);
    assert.match(text, /may have been made or not: look before/);
  });

  it("database.writer.user and password are the login that writes", async () => {
    await stage.asSuperuser((session) =>
      session.query("CREATE ROLE postgres_writer_2 LOGIN PASSWORD 'second-login' IN ROLE mcp_writer"),
    );
    await makeTable("handed");
    await deliver(
      {
        "/database/writer/user": "postgres_writer_2",
        "/database/writer/password": "file:/run/kilocode/secrets/other-password",
      },
      (files) => void (files["secrets/other-password"] = "second-login\n"),
    );
    const who = await write("INSERT INTO handed VALUES (1) RETURNING session_user, current_user");
    assert.deepEqual(who.structured["rows"], [
      { session_user: "postgres_writer_2", current_user: "mcp_writer" },
    ]);
    // Tables belong to no login, so the next one may drop what the one before made.
    assert.equal((await callTool(client, "drop_table", { table: "handed" })).failed, false);
    await deliver({});
  });

  it("database.writer.maxSize: what would make the workspace larger is undone", async () => {
    await makeTable("filled", [{ name: "text", type: "text" }]);
    const fill = () =>
      write(
        "INSERT INTO filled SELECT string_agg(md5(n::text || m::text), '') FROM generate_series(1, 1000) n, generate_series(1, 64) m GROUP BY n",
      );
    await deliver({ "/database/writer/maxSize": "1MB" });
    const { failed, text } = await fill();
    assert.equal(failed, true);
    assert.match(text, /^Nothing was written: the tables of workspace would be larger than 1MB/);
    assert.equal(await count("filled"), 0);
    await deliver({ "/database/writer/maxSize": "1GB" });
    assert.equal((await fill()).structured["affectedRows"], 1000);
    await deliver({ "/database/writer/maxSize": "1MB" });
    assert.equal((await fill()).failed, true);
    // A workspace that is too large can still be tidied up.
    assert.equal((await write("DELETE FROM filled")).structured["affectedRows"], 1000);
    assert.equal((await callTool(client, "drop_table", { table: "filled" })).failed, false);
    await deliver({});
  });

  it("a statement that writes on beyond it is ended while it runs, long before its time-out", async () => {
    await makeTable("endless", [{ name: "text", type: "text" }]);
    await deliver({ "/database/writer/maxSize": "8MB", "/database/queryTimeout": 60_000 });
    const { failed, text } = await write(
      "INSERT INTO endless SELECT repeat(md5(generate_series(1, 1000000000)::text), 30)",
    );
    assert.equal(failed, true);
    assert.match(text, /^Nothing was written: the tables of workspace would be larger than 8MB/);
    assert.equal(await count("endless"), 0);
    assert.equal((await callTool(client, "drop_table", { table: "endless" })).failed, false);
    await deliver({});
  });

  it("database.pool.writerMax is the most connections that write", async () => {
    await deliver({ "/database/pool/writerMax": 1 });
    const underWay = Promise.all(Array.from({ length: 4 }, () => write("SELECT pg_sleep(0.4)")));
    const over = new AbortController();
    void underWay.finally(() => over.abort());
    let most = 0;
    while (!over.signal.aborted)
      most = Math.max(
        most,
        await stage.asSuperuser(async (session) => {
          const { rows } = await session.query(
            "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(0.4)%' AND state = 'active'",
          );
          return rows.length;
        }),
      );
    assert.ok((await underWay).every(({ failed }) => !failed));
    assert.equal(most, 1);
  });
});
