import assert from "node:assert/strict";
import { readingTools } from "#model/client/readingTools.ts";
import { inspect } from "./inspector.ts";
import { callTool, connectClient, post } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const writingTools = ["create_table", "drop_table", "execute_statement"];
const tools = [...readingTools.postgres, ...writingTools].sort();

describe("the postgres server to its clients", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage);
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  for (const era of ["legacy", "modern"] as const) {
    it(`lists and runs its tools for the official client, ${era} protocol`, async () => {
      const { client, close } = await connectClient(server, stage.keys.default, era);
      try {
        assert.equal(client.getProtocolEra(), era);
        assert.equal(client.getServerVersion()?.name, "kilocode-postgres");
        const list = await client.listTools();
        assert.deepEqual(list.tools.map(({ name }) => name).sort(), tools);
        for (const tool of list.tools) {
          assert.equal(tool.annotations?.readOnlyHint, !writingTools.includes(tool.name));
          assert.equal(tool.outputSchema?.type, "object");
        }
        const answer = await callTool(client, "execute_query", {
          sql: "SELECT count(*) AS files FROM configuration_files",
        });
        assert.deepEqual(answer.structured["rows"], [{ files: "3" }]);
        assert.equal((await callTool(client, "get_tables", {})).failed, false);
        assert.equal((await callTool(client, "get_schema", {})).failed, false);
        const wrong = await callTool(client, "execute_query", { sql: 1 }).catch((error: unknown) => ({
          failed: true,
          text: String(error),
        }));
        assert.ok(wrong.failed && /sql/.test(wrong.text), wrong.text);
      } finally {
        await close();
      }
    });
  }

  it("lists no tool to a client whose role has no permission for it", async () => {
    await server.deliver({
      overrides: {
        access: { access: { authorization: { roles: { service: { permissions: ["execute"] } } } } },
      },
    });
    await server.line("files in force");
    const { client, close } = await connectClient(server, stage.keys.nothing);
    const answer = await callTool(client, "execute_query", { sql: "SELECT 1" }).catch((error: unknown) => ({
      failed: true,
      text: String(error),
    }));
    assert.ok(answer.failed && /InsufficientScopeError.*required "read"/.test(answer.text), answer.text);
    const call = { name: "execute_query", arguments: { sql: "SELECT 1" } };
    const { status, headers } = await post(server, "tools/call", call, { "x-api-key": stage.keys.nothing });
    assert.equal(status, 403);
    assert.match(headers.get("www-authenticate")!, /error="insufficient_scope".* scope="read"/);
    assert.match(headers.get("www-authenticate")!, /the role service has no permission to read/);
    const list = await client.listTools();
    assert.deepEqual(list.tools, []);
    await close();
  });

  for (const era of ["legacy", "modern"]) {
    it(`is accepted by the Inspector, ${era} protocol`, async () => {
      const run = async (...args: string[]) =>
        inspect(server, ["--header", `X-API-Key: ${stage.keys.default}`, "--protocol-era", era, ...args]);
      const { result, ...findings } = JSON.parse(await run("--method", "tools/list", "--strict")) as {
        result: { tools: { name: string }[] };
      };
      assert.deepEqual(result.tools.map(({ name }) => name).sort(), tools);
      assert.deepEqual(findings, {});
      const calls = {
        execute_query: ["--tool-arg", "sql=SELECT 6 * 7 AS answer"],
        get_tables: ["--tool-arg", "schema=mcp"],
        get_schema: ["--tool-arg", "table=users"],
      };
      for (const [name, args] of Object.entries(calls)) {
        const answer = await run("--method", "tools/call", "--tool-name", name, ...args);
        assert.match(
          answer,
          { execute_query: /"answer":42/, get_tables: /memory_items/, get_schema: /username/ }[name]!,
        );
      }
    });
  }

  it("refuses the Inspector without a key", async () => {
    await assert.rejects(
      inspect(server, ["--method", "tools/list"]),
      /401|an API key is needed|[Uu]nauthorized|auth/,
    );
  });
});
