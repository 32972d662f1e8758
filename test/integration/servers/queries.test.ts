import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "@modelcontextprotocol/client";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

function matches(one: object, wanted: object): boolean {
  return isDeepStrictEqual({ ...one, ...wanted }, one);
}

describe("the postgres server's tools", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage, {
      overrides: {
        postgres: { database: { queryTimeout: 4000, maxRows: 500, maxBytes: "64KB", pool: { max: 2 } } },
      },
    });
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
  });

  const query = (sql: string, args: Record<string, unknown> = {}) =>
    callTool(client, "execute_query", { sql, ...args });

  it("return rows as typed JSON", async () => {
    const { structured, text } = await query(
      `SELECT 1 AS a, 2 AS a, 9007199254740993 AS big, 1.50 AS exact, 'x'::bytea AS raw, '[1,2]'::vector AS embedding,
              '2026-01-02 03:04:05+02'::timestamptz AS at, ARRAY[[1],[2]] AS nested, '{"k": [true]}'::jsonb AS doc, NULL AS none`,
    );
    assert.deepEqual(structured, {
      columns: [
        { name: "a", type: "integer" },
        { name: "a_2", type: "integer" },
        { name: "big", type: "bigint" },
        { name: "exact", type: "numeric" },
        { name: "raw", type: "bytea" },
        { name: "embedding", type: "vector" },
        { name: "at", type: "timestamp with time zone" },
        { name: "nested", type: "integer[]" },
        { name: "doc", type: "jsonb" },
        { name: "none", type: "text" },
      ],
      rows: [
        {
          a: 1,
          a_2: 2,
          big: "9007199254740993",
          exact: "1.50",
          raw: "eA==",
          embedding: "[1,2]",
          at: "2026-01-02T01:04:05Z",
          nested: [[1], [2]],
          doc: { k: [true] },
          none: null,
        },
      ],
      rowCount: 1,
      truncated: false,
      command: "SELECT 1",
    });
    assert.deepEqual(JSON.parse(text), structured);
  });

  it("take parameters", async () => {
    const { structured } = await query(
      "SELECT $1::int + 1 AS n, $2::text AS t, $3::int[] AS list, $4::jsonb ->> 'k' AS k, $5::text IS NULL AS none",
      { params: [41, "it's", [1, null], { k: "v" }, null] },
    );
    assert.deepEqual(structured["rows"], [{ n: 42, t: "it's", list: [1, null], k: "v", none: true }]);
  });

  it("keep a column called __proto__", async () => {
    const { text } = await query(`SELECT 1 AS "__proto__"`);
    assert.match(text, /"rows":\[\{"__proto__":1\}\]/);
  });

  it("report the row limit, the server's or the call's", async () => {
    const many = "SELECT generate_series(1, $1::int) AS n";
    const rowsOf = async (sql: string, args: Record<string, unknown>) => {
      const { structured } = await query(sql, args);
      return [structured["rowCount"], structured["truncated"], structured["truncatedBy"]];
    };
    assert.deepEqual(await rowsOf(many, { params: [500] }), [500, false, undefined]);
    assert.deepEqual(await rowsOf(many, { params: [501] }), [500, true, "rows"]);
    assert.deepEqual(await rowsOf(many, { params: [1_000_000_000] }), [500, true, "rows"]);
    assert.deepEqual(await rowsOf(many, { params: [100], maxRows: 7 }), [7, true, "rows"]);
    assert.deepEqual(await rowsOf(many, { params: [7], maxRows: 7 }), [7, false, undefined]);
    assert.deepEqual(await rowsOf(many, { params: [600], maxRows: 100_000 }), [500, true, "rows"]);
  });

  it("report the byte limit, also of one huge value, and go on", async () => {
    const wide = await query("SELECT repeat('x', 1000) AS x FROM generate_series(1, 400)");
    assert.equal(wide.structured["truncatedBy"], "bytes");
    assert.ok((wide.structured["rowCount"] as number) > 50 && wide.text.length < 70_000);
    const huge = await query("SELECT repeat('x', 20000000) AS x");
    assert.deepEqual([huge.structured["rowCount"], huge.structured["truncatedBy"]], [0, "bytes"]);
    const names = await query(
      `SELECT n AS "${"n".repeat(60)}" FROM generate_series(1, 500) n, generate_series(1, 4)`,
    );
    assert.ok(names.text.length < 140_000);
    assert.deepEqual((await query("SELECT 1 AS a")).structured["rows"], [{ a: 1 }]);
  });

  it("tell what PostgreSQL says of a faulty statement", async () => {
    const { failed, text } = await query("SELECT nothing FROM mcp.configuration_files");
    assert.equal(failed, true);
    assert.match(text, /^column "nothing" does not exist \(SQLSTATE 42703\)\nPosition: 8$/);
    assert.match(
      (await query("SELECT 1; SELECT 2")).text,
      /SQLSTATE 42601.*\nHint: Send exactly one statement/s,
    );
    assert.match((await query("COPY (SELECT 1) TO STDOUT")).text, /COPY is not available/);
    assert.match((await query("SELECT '\0'")).text, /null character/);
  });

  it("answer statements without rows", async () => {
    assert.deepEqual((await query("SET LOCAL work_mem = '8MB'")).structured, {
      columns: [],
      rows: [],
      rowCount: 0,
      truncated: false,
      command: "SET",
    });
    assert.equal((await query(" -- nothing")).structured["command"], "");
  });

  it("end a statement at the query time-out", async () => {
    const { failed, text } = await query("SELECT pg_sleep(60)");
    assert.equal(failed, true);
    assert.match(text, /SQLSTATE 57014/);
  });

  it("list what can be read", async () => {
    const { structured } = await callTool(client, "get_tables", { schema: "mcp" });
    const tables = structured["tables"] as { name: string; kind: string }[];
    const kinds = Object.fromEntries(tables.map(({ name, kind }) => [name, kind]));
    assert.equal(kinds["memory_items"], "table");
    assert.equal(kinds["audit_logs"], "partitioned table");
    assert.equal(kinds["user_activity"], "view");
    assert.ok(!Object.keys(kinds).some((name) => /audit_logs_/.test(name)), "partitions are not listed");
    const all = (await callTool(client, "get_tables", {})).structured["tables"] as { schema: string }[];
    assert.deepEqual([...new Set(all.map(({ schema }) => schema))], ["mcp"]);
  });

  it("list the schemas that can be read", async () => {
    const { structured } = await callTool(client, "list_schemas", {});
    const schemas = structured["schemas"] as { name: string; tables: number }[];
    assert.deepEqual(
      schemas.map(({ name }) => name),
      ["extensions", "mcp", "workspace"],
    );
    assert.ok(schemas[1]!.tables > 10);
  });

  it("explain a query, run it if asked, and never what writes", async () => {
    const explain = (args: Record<string, unknown>) => callTool(client, "explain_query", args);
    const sql = "SELECT * FROM mcp.memory_items WHERE memory_id = $1";
    assert.match(String((await explain({ sql, params: ["a"] })).structured["text"]), /memory_items/);
    assert.match((await explain({ sql })).text, /08P01.*a value in "params" for each/s);
    const ran = await explain({ sql, params: ["a"], analyze: true, format: "json" });
    const [plan] = ran.structured["plan"] as { "Execution Time": number; Plan: { "Actual Rows": number } }[];
    assert.equal(plan!.Plan["Actual Rows"], 0);
    assert.ok(plan!["Execution Time"] >= 0);
    assert.match((await explain({ sql: "DELETE FROM mcp.memory_items", analyze: true })).text, /25006|42501/);
    assert.match((await explain({ sql: "SELECT nothing" })).text, /42703\)\nPosition: 8$/);
    assert.match((await explain({ sql: "SELECT 1; SELECT 2" })).text, /42601/);
    assert.match((await explain({ sql: "SELECT password_hash FROM mcp.users" })).text, /42501/);
    assert.match((await explain({ sql: "SELECT pg_sleep(60)", analyze: true })).text, /57014/);
  });

  it("describe one table: keys, references both ways, sizes, partitions", async () => {
    const describe = async (args: Record<string, unknown>) => {
      const { failed, text, structured } = await callTool(client, "describe_table", args);
      assert.equal(failed, false, text);
      return structured as Record<string, unknown> & {
        columns: { name: string; generated: string | null }[];
      };
    };
    const keys = await describe({ table: "api_keys" });
    assert.deepEqual([keys["schema"], keys["kind"], keys["primaryKey"]], ["mcp", "table", ["id"]]);
    assert.ok(!keys.columns.some(({ name }) => name === "key_hash"));
    assert.equal(keys.columns.find(({ name }) => name === "id")!.generated, "identity");
    const creator = { columns: ["created_by"], table: "mcp.users", otherColumns: ["id"] };
    assert.ok((keys["references"] as object[]).some((one) => matches(one, creator)));
    assert.ok((keys["tableBytes"] as number) > 0 && (keys["indexBytes"] as number) > 0);
    const users = await describe({ table: "users", schema: "mcp" });
    const used = { columns: ["id"], table: "mcp.api_keys", otherColumns: ["created_by"] };
    assert.ok((users["referencedBy"] as object[]).some((one) => matches(one, used)));
    const audit = await describe({ table: "audit_logs" });
    assert.ok((audit["partitions"] as string[]).length > 1);
    assert.equal(audit["kind"], "partitioned table");
    const view = await describe({ table: "user_activity" });
    assert.deepEqual([view["kind"], view["tableBytes"], view["indexes"]], ["view", null, []]);
    assert.match((await callTool(client, "describe_table", { table: "pg_authid" })).text, /get_tables lists/);
  });

  it("describe tables without columns that cannot be read", async () => {
    const { structured } = await callTool(client, "get_schema", { table: "api_keys" });
    const [table] = structured["tables"] as {
      columns: { name: string; type: string }[];
      constraints: { definition: string }[];
      indexes: string[];
    }[];
    const columns = table!.columns.map(({ name }) => name);
    assert.ok(columns.includes("key_id") && !columns.includes("key_hash"));
    assert.ok(table!.constraints.some(({ definition }) => definition === "PRIMARY KEY (id)"));
    assert.ok(table!.indexes.some((definition) => definition.startsWith("CREATE UNIQUE INDEX")));
    const none = await callTool(client, "get_schema", { table: "no_such_table" });
    assert.deepEqual(none.structured, { tables: [], truncated: false });
  });
});
