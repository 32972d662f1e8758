import assert from "node:assert/strict";
import type { Client } from "@modelcontextprotocol/client";
import { callTool, connectClient } from "./request.ts";
import type { ToolAnswer } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

describe("a large result, page by page", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let legacy: Client;
  let other: Client;
  const closes: (() => Promise<void>)[] = [];

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage, {
      overrides: { postgres: { database: { maxRows: 100, maxBytes: "16KB", pool: { max: 2 } } } },
    });
    const connect = async (key: string, era: "legacy" | "modern") => {
      const { client: connected, close } = await connectClient(server, key, era);
      closes.push(close);
      return connected;
    };
    client = await connect(stage.keys.default, "modern");
    legacy = await connect(stage.keys.default, "legacy");
    other = await connect(stage.keys.second, "modern");
  });
  after(async () => {
    for (const close of closes) await close();
    await server?.end();
    await stage?.stop();
  });

  const query = (sql: string, args: Record<string, unknown> = {}) =>
    callTool(client, "execute_query", { sql, paging: true, ...args });
  const next = (cursor: unknown, by: Client = client) => callTool(by, "fetch_rows", { cursor });
  const numbers = ({ structured }: ToolAnswer) => (structured["rows"] as { n: number }[]).map(({ n }) => n);

  /** All pages of a result. */
  async function pagesOf(first: ToolAnswer): Promise<ToolAnswer[]> {
    assert.equal(first.failed, false, first.text);
    const pages = [first];
    for (let page = first; page.structured["cursor"] !== undefined;) {
      page = await next(page.structured["cursor"]);
      assert.equal(page.failed, false, page.text);
      pages.push(page);
    }
    return pages;
  }

  it("has every row once, and ends", async () => {
    const pages = await pagesOf(await query("SELECT n FROM generate_series(1, 450) n"));
    assert.deepEqual(
      pages.map(({ structured }) => structured["rowCount"]),
      [100, 100, 100, 100, 50],
    );
    assert.deepEqual(
      pages.flatMap(numbers),
      Array.from({ length: 450 }, (_, index) => index + 1),
    );
    assert.deepEqual(
      pages.map(({ structured }) => structured["truncated"]),
      [true, true, true, true, false],
    );
    assert.deepEqual(pages[1]!.structured["columns"], [{ name: "n", type: "integer" }]);
    const small = await pagesOf(await query("SELECT n FROM generate_series(1, 5) n", { maxRows: 2 }));
    assert.deepEqual(small.map(numbers), [[1, 2], [3, 4], [5]]);
    assert.equal((await query("SELECT 1 AS n")).structured["cursor"], undefined);
  });

  it("is cut by size too, without losing a row", async () => {
    const pages = await pagesOf(
      await query("SELECT n, repeat('x', 40 * n) AS text FROM generate_series(1, 200) n"),
    );
    assert.deepEqual(
      pages.flatMap(numbers),
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    assert.ok(pages.length > 40 && pages.every(({ text }) => text.length < 40_000));
    const types = await pagesOf(await query("SELECT '[1,2]'::vector AS v, n FROM generate_series(1, 150) n"));
    assert.deepEqual((types[1]!.structured["rows"] as unknown[])[0], { v: "[1,2]", n: 101 });
  });

  it("is as it was when the query ran, and the same page can be had again, in either era", async () => {
    const sql =
      "SELECT content AS n, clock_timestamp() > now() AS moved FROM mcp.configuration_files ORDER BY id";
    const first = await query(sql, { maxRows: 1 });
    await stage.asSuperuser((session) => session.query("UPDATE mcp.configuration_files SET content = '[]'"));
    const page = await next(first.structured["cursor"]);
    assert.deepEqual(numbers(page), ["{}"]);
    for (const by of [client, legacy])
      assert.deepEqual((await next(first.structured["cursor"], by)).structured, page.structured);
  });

  it("holds no connection, no snapshot and no lock meanwhile", async () => {
    await query(
      "SELECT n FROM mcp.memory_items, generate_series(1, 450) n UNION ALL SELECT generate_series(1, 200)",
    );
    const held = await stage.asSuperuser(async (session) => {
      // The tidying up comes after the answer.
      await session.query("SELECT pg_sleep(0.5)");
      const { rows } = await session.query(
        `SELECT FROM pg_stat_activity WHERE usename = 'postgres_reader_1' AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)
         UNION ALL SELECT FROM pg_locks WHERE relation = 'mcp.memory_items'::regclass`,
      );
      return rows.length;
    });
    assert.equal(held, 0);
  });

  it("is of no use to another client, nor is a made-up cursor", async () => {
    const { structured } = await query("SELECT n FROM generate_series(1, 450) n");
    const cursor = structured["cursor"] as string;
    for (const [by, name] of [
      [other, cursor],
      [client, `${cursor}0`],
      [client, `A${cursor}`],
      [client, "x"],
      [client, "x.-1"],
    ] as const) {
      const { failed, text } = await next(name, by);
      assert.equal(failed, true, name);
      assert.match(text, /There is no such cursor.*Run the query again/);
    }
    assert.equal((await next(cursor)).failed, false);
  });

  it("says when the rest is more than is kept", async () => {
    const before = server.log.length;
    await server.deliver({ overrides: { postgres: { database: { maxRows: 100, maxBytes: "1MB" } } } });
    await server.line("files in force", before);
    const first = await query("SELECT n, repeat('x', 10000) AS text FROM generate_series(1, 100000) n");
    const pages = await pagesOf(first);
    const last = pages.at(-1)!.structured;
    assert.deepEqual([last["truncated"], last["truncatedBy"], last["cursor"]], [true, "bytes", undefined]);
    assert.ok(pages.flatMap(numbers).length > 700);
  });

  it("ends with another version of the files, and says so", async () => {
    const { structured } = await query("SELECT n FROM generate_series(1, 450) n");
    const before = server.log.length;
    await server.deliver();
    await server.line("files in force", before);
    assert.match((await next(structured["cursor"])).text, /until the server's files change/);
  });
});
