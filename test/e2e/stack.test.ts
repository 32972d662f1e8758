import assert from "node:assert/strict";
import { rootCertificates } from "node:tls";
import { Client } from "pg";
import { Agent, fetch } from "undici";
import { readingTools } from "#model/client/readingTools.ts";
import { withMcpClient } from "#gate/mcpClient.ts";
import { serverNames } from "#model/names.ts";
import { dockerEngine } from "#providers/docker/engine.ts";
import { withSession } from "#providers/database/connect.ts";
import { Checkout } from "./checkout.ts";
import { callTool } from "./callTool.ts";
import { leaks } from "#test/leaks.ts";
import { collectSinks, generatedSecrets } from "./leakScan.ts";
import { postgresIn } from "./postgresIn.ts";
import { run, TestStack } from "./stack.ts";

interface Outputs {
  readonly endpoints: { postgres: string };
  readonly caCertificate: string;
  readonly apiKeys: Record<string, string>;
  readonly database: { host: string; port: number; name: string };
  readonly databaseUrl: string;
  readonly files: Record<string, string>;
  readonly clients: Record<string, Record<string, { url: string }>>;
}

describe("a stack, from nothing to nothing", function () {
  this.timeout(900_000);
  const engine = dockerEngine({});
  let stack: TestStack;
  let outputs: Outputs;

  before(async () => {
    // Often, so that there are samples for the leak scan to look into.
    const files = { metrics: { metrics: { sampleInterval: 2 } } };
    stack = await TestStack.create({ files }, "all");
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    outputs = await stack.outputs();
  });
  after(() => stack.remove());

  const target = () => ({
    url: outputs.endpoints.postgres,
    ca: outputs.caCertificate,
    apiKey: outputs.apiKeys["default"]!,
  });
  const login = () => {
    const url = new URL(outputs.databaseUrl);
    return {
      ...outputs.database,
      database: outputs.database.name,
      user: url.username,
      password: url.password,
    };
  };
  const container = (name: string) => engine.getContainer(`${stack.prefix}-${name}`).inspect();

  it("has the outputs of the contract, and no key but the clients'", () => {
    assert.deepEqual(Object.keys(outputs).sort(), [
      "apiKeys",
      "caCertificate",
      "clients",
      "database",
      "databaseUrl",
      "endpoints",
      "files",
    ]);
    assert.deepEqual(Object.keys(outputs.apiKeys), ["default"]);
    assert.match(outputs.apiKeys["default"]!, /^kcp_[A-Za-z0-9]{32}$/);
    assert.deepEqual(outputs.clients["default"]!["postgres"]!.url, outputs.endpoints.postgres);
    for (const hash of Object.values(outputs.files)) assert.match(hash, /^[0-9a-f]{64}$/);
  });

  it("shows no change in a second up, a preview, and a preview with refresh", async () => {
    for (const args of [
      ["up", "--yes", "--skip-preview", "--expect-no-changes"],
      ["preview", "--expect-no-changes"],
      ["preview", "--refresh", "--expect-no-changes"],
    ]) {
      const again = await stack.pulumi(args);
      assert.equal(again.code, 0, `${args.join(" ")}\n${again.output}`);
    }
  });

  it("shows no change from a second checkout in another folder on the same state", async () => {
    const checkout = await Checkout.create();
    try {
      const preview = await stack.pulumi(["preview", "--expect-no-changes"], { cwd: checkout.folder });
      assert.equal(preview.code, 0, preview.output);
    } finally {
      checkout.remove();
    }
  });

  for (const era of ["auto", "legacy"] as const) {
    it(`answers the official client (${era} era): lists and calls the reading tools`, async () => {
      await withMcpClient({ ...target(), era }, async (client) => {
        const { tools } = await client.listTools();
        const names = tools.map(({ name }) => name);
        for (const tool of readingTools.postgres) assert.ok(names.includes(tool), tool);
        const { rows } = await callTool<{ rows: unknown[] }>(client, "execute_query", {
          sql: "SELECT $1::int + 1 AS two",
          params: [1],
        });
        assert.deepEqual(rows, [{ two: 2 }]);
        assert.match(JSON.stringify(await callTool(client, "get_tables", {})), /memory_items/);
        assert.match(JSON.stringify(await callTool(client, "get_schema", { table: "users" })), /username/);
      });
    });
  }

  it("answers the MCP Inspector", async () => {
    const inspect = (...args: string[]) =>
      run(
        "mcp-inspector",
        [
          "--cli",
          outputs.endpoints.postgres,
          "--transport",
          "http",
          "--header",
          `X-API-Key: ${target().apiKey}`,
          ...args,
        ],
        { env: { NODE_EXTRA_CA_CERTS: stack.writeFile("ca.crt", outputs.caCertificate) } },
      );
    const list = await inspect("--method", "tools/list");
    assert.equal(list.code, 0, list.output);
    for (const tool of ["execute_query", "get_schema", "get_tables"])
      assert.match(list.stdout, new RegExp(tool));
    const call = await inspect(
      "--method",
      "tools/call",
      "--tool-name",
      "execute_query",
      "--tool-arg",
      "sql=SELECT 41 + 1 AS answer",
    );
    assert.equal(call.code, 0, call.output);
    assert.match(call.stdout, /"answer": ?42/);
  });

  it("refuses a caller without a key, and one with a wrong key", async () => {
    const agent = new Agent({ connect: { ca: outputs.caCertificate } });
    for (const headers of [{}, { "X-API-Key": `kcp_${"x".repeat(32)}` }]) {
      const answer = await fetch(outputs.endpoints.postgres, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
        dispatcher: agent,
      });
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get("www-authenticate") ?? "", /Bearer/);
    }
    await agent.close();
  });

  it("takes the application's login over TLS, and runs statements of the specification with it", async () => {
    await withSession({ ...login(), ca: outputs.caCertificate }, async (client) => {
      await client.query("INSERT INTO memory_items (memory_id, content) VALUES ('m1', 'hello')");
      const { rows } = await client.query("SELECT content FROM memory_items WHERE memory_id = 'm1'");
      assert.deepEqual(rows, [{ content: "hello" }]);
      await client.query("DELETE FROM memory_items");
    });
  });

  it("refuses plaintext connections, and shows clients a certificate of its own authority only", async () => {
    const plain = new Client({ ...login(), ssl: false });
    await assert.rejects(plain.connect(), /no encryption/);
    const ask = (ca: string) => withSession({ ...login(), ca }, (client) => client.query("SELECT 1"));
    await assert.rejects(ask(rootCertificates[0]!), /DATABASE_UNREACHABLE/);
    await ask(outputs.caCertificate);
  });

  it("has a postgresql.conf without error or duplicate", async () => {
    const faults = await postgresIn(
      stack,
      "SELECT name FROM pg_file_settings WHERE error IS NOT NULL OR NOT applied UNION ALL SELECT name FROM pg_file_settings GROUP BY name HAVING count(*) > 1",
    );
    assert.equal(faults, "");
  });

  it("runs every container without root, capability or writable root, with limits, as the kernel sees it", async () => {
    for (const name of ["database", ...serverNames]) {
      const { HostConfig: host, State: state } = await container(name);
      assert.deepEqual([host.ReadonlyRootfs, host.CapDrop, host.Privileged], [true, ["ALL"], false]);
      assert.ok(host.Memory! > 0 && host.NanoCpus! > 0 && host.PidsLimit! > 0, `${name} lacks a limit`);
      const status = (await run("cat", [`/proc/${state.Pid}/status`])).stdout;
      assert.match(status, /^CapEff:\s+0+$/m);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.doesNotMatch(status, /^Uid:\s+0\b/m);
      assert.deepEqual(host.Binds ?? [], [], "nothing of the host is mounted");
    }
  });

  it("lets no generated secret out", async () => {
    const secrets = await generatedSecrets(stack);
    const sinks = await collectSinks(stack);
    assert.deepEqual(leaks(sinks, secrets), []);
    // The same search finds what is really there, in every sink.
    for (const name of Object.keys(sinks)) {
      assert.equal(leaks({ [name]: sinks[name]! + secrets[0]! }, secrets).length, 1, name);
    }
  });

  it("is healthy in the engine's eyes too", async () => {
    for (const name of ["database", ...serverNames]) {
      let health = "starting";
      while (health === "starting") {
        await new Promise((resolve) => setTimeout(resolve, 500));
        health = (await container(name)).State.Health?.Status ?? "none";
      }
      assert.equal(health, "healthy", name);
    }
  });

  it("takes a reloadable setting up without a restart, and shows it in the preview", async () => {
    const started = (await container("database")).State.StartedAt;
    stack.configure({ environment: "dev", postgres: { settings: { log_temp_files: "32MB" } } });
    const preview = await stack.pulumi(["preview", "--diff"]);
    assert.match(preview.stdout, /- log_temp_files = 16MB/);
    assert.match(preview.stdout, /\+ log_temp_files = 32MB/);
    assert.doesNotMatch(preview.stdout, /to replace/);
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    assert.equal(await postgresIn(stack, "SHOW log_temp_files"), "32MB");
    assert.equal((await container("database")).State.StartedAt, started);
  });

  it("restarts PostgreSQL once for a setting that needs it, keeps the data, and says so before", async () => {
    const started = (await container("database")).State.StartedAt;
    stack.configure({ environment: "dev", postgres: { settings: { max_locks_per_transaction: "128" } } });
    const preview = await stack.pulumi(["preview", "--diff"]);
    assert.match(preview.stdout, /io\.kilocode\.postgresql\.max_locks_per_transaction/);
    assert.match(preview.stdout, /\+-1 to replace/);
    const identifier = await postgresIn(stack, "SELECT system_identifier FROM pg_control_system()");
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    assert.equal(await postgresIn(stack, "SHOW max_locks_per_transaction"), "128");
    assert.notEqual((await container("database")).State.StartedAt, started);
    assert.equal(await postgresIn(stack, "SELECT system_identifier FROM pg_control_system()"), identifier);
    const log = (
      await engine.getContainer(`${stack.prefix}-database`).logs({ stdout: true, stderr: true })
    ).toString();
    assert.doesNotMatch(log, /automatic recovery in progress/, "the stop was clean");
    const again = await stack.pulumi(["preview", "--expect-no-changes"]);
    assert.equal(again.code, 0, again.output);
  });

  it("refuses a value that PostgreSQL would refuse, before anything changes", async () => {
    stack.configure({ environment: "dev", postgres: { settings: { work_mem: "banana" } } });
    const up = await stack.up();
    assert.notEqual(up.code, 0);
    assert.match(up.output, /work_mem/);
    assert.doesNotMatch(await postgresIn(stack, "SHOW work_mem"), /banana/);
    stack.configure({ environment: "dev" });
  });

  it("is not green while a server is down, and names it", async () => {
    await engine.getContainer(`${stack.prefix}-postgres`).pause();
    try {
      const up = await stack.up();
      assert.notEqual(up.code, 0);
      assert.match(up.output, /GATE_SERVER/);
    } finally {
      await engine.getContainer(`${stack.prefix}-postgres`).unpause();
    }
    const healed = await stack.up();
    assert.equal(healed.code, 0, healed.output);
  });

  it("revokes a client that is removed from the settings", async () => {
    stack.configure({ environment: "dev", clients: { other: { role: "readonly" } } });
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    await assert.rejects(withMcpClient(target(), (client) => client.listTools()));
    const renewed = await stack.outputs<Outputs>();
    await withMcpClient({ ...target(), apiKey: renewed.apiKeys["other"]! }, (client) => client.listTools());
  });

  it("leaves no container, network, volume or helper", async () => {
    assert.notDeepEqual(await stack.objects(), []);
    const down = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    assert.equal(down.code, 0, down.output);
    assert.deepEqual(await stack.objects(), []);
  });
});
