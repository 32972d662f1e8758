import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { folderWithOldNode } from "#test/e2e/oldNode.ts";
import { bridgeProgram, makeHome, type Connected, type Home } from "./connectProcess.ts";
import { testServer, type TestServer } from "./connectServer.ts";
import { selfSigned } from "./selfSigned.ts";

const key = `kcp_${"a".repeat(32)}`;

for (const era of ["legacy", "auto"] as const) {
  describe(`the bridge (${era === "legacy" ? "2025-11-25" : "2026-07-28"})`, function () {
    this.timeout(30_000);
    let server: TestServer;
    let home: Home;
    let connected: Connected;

    beforeEach(async () => {
      const pair = selfSigned();
      server = await testServer(key, pair);
      home = makeHome({ endpoints: { postgres: server.url }, ca: pair.certificate, keys: { default: key } });
      connected = await home.connect(era);
    });
    afterEach(async () => {
      await connected.close();
      await server.stop();
      home.remove();
    });

    const call = (name: string, args: Record<string, unknown> = {}, options = {}) =>
      connected.client.callTool({ name, arguments: args }, options);
    const echoed = async (value: string) => {
      const { content } = await call("echo", { value });
      assert.deepEqual(content, [{ type: "text", text: value }]);
    };

    it("speaks the client's revision of the protocol", () => {
      const version = connected.client.getNegotiatedProtocolVersion();
      assert.equal(version, era === "legacy" ? "2025-11-25" : "2026-07-28");
    });

    it("lists and calls tools, passes errors and progress on", async () => {
      const { tools } = await connected.client.listTools();
      assert.deepEqual(tools.map(({ name }) => name).sort(), [
        "echo",
        "fail",
        "get_tables",
        "progress",
        "wait",
      ]);
      await echoed('quotes " newline \n € 𝄞');
      await echoed("x".repeat(3_000_000));
      assert.equal((await call("fail")).isError, true);
      await assert.rejects(connected.client.readResource({ uri: "test://nothing" }));
      const seen: number[] = [];
      await call(
        "progress",
        { steps: 3 },
        { onprogress: ({ progress }: { progress: number }) => seen.push(progress) },
      );
      assert.deepEqual(seen, [1, 2, 3]);
      assert.equal(connected.stderr(), "");
    });

    it("carries calls side by side", async () => {
      await Promise.all(Array.from({ length: 50 }, (_, index) => echoed(String(index))));
    });

    it("passes a cancellation on", async () => {
      const cancel = new AbortController();
      const waiting = call("wait", {}, { signal: cancel.signal });
      while (server.calls["wait"] !== 1) await sleep(5);
      cancel.abort();
      await assert.rejects(waiting);
      while (server.cancelled !== 1) await sleep(5);
      await echoed("still there");
    });

    it("survives a restart of the server, and waits while it is away", async () => {
      await echoed("before");
      await server.stop();
      const waiting = echoed("while it is away");
      await sleep(700);
      await server.start();
      await waiting;
      await echoed("after");
      assert.match(
        connected.stderr(),
        /^kilocode-mcp test\/postgres: waiting for the server \(ECONNREFUSED\)\n$/,
      );
    });

    it("repeats a call whose answer was lost only if the tool just reads", async () => {
      const repeatable = call("get_tables");
      const other = assert.rejects(call("wait"), /broke before its answer came.*look before you repeat/);
      while (server.calls["get_tables"] !== 1 || server.calls["wait"] !== 1) await sleep(5);
      await server.stop();
      await server.start();
      assert.deepEqual((await repeatable).content, [{ type: "text", text: "waited" }]);
      await other;
      assert.equal(server.calls["wait"], 1);
    });

    it("takes up a replaced key, without a restart", async () => {
      await echoed("old key");
      const other = `kcp_${"b".repeat(32)}`;
      server.keys = [other];
      await assert.rejects(echoed("refused"), (error: Error) => {
        assert.match(error.message, /refused the key in .*unknown API key.*npm run connect/);
        assert.ok(!error.message.includes(key));
        return true;
      });
      home.write({ keys: { default: other } });
      await echoed("new key");
      assert.ok(!connected.stderr().includes("kcp_"));
    });

    it("takes up replaced certificates, without a restart", async () => {
      await echoed("old certificate");
      const pair = selfSigned();
      await server.stop();
      await server.start(pair);
      await assert.rejects(
        echoed("distrusted"),
        /certificate that .*ca\.crt does not vouch for.*npm run connect/,
      );
      home.write({ ca: pair.certificate });
      await echoed("new certificate");
    });

    it("says what is missing, and goes on when it is there", async () => {
      rmSync(home.files.key("default"));
      await assert.rejects(echoed("no key"), /CONNECT_MATERIAL.*default\.key.*npm run connect/s);
      home.write({ endpoints: { postgres: server.url.replace("https:", "http:") } });
      await assert.rejects(echoed("in clear"), /no https URL/);
      home.write({ endpoints: {} });
      await assert.rejects(echoed("no server"), /names no server/);
      home.write({ endpoints: { postgres: server.url } });
      await echoed("all there");
    });

    it("ends with its client, also while it waits for the server", async () => {
      await server.stop();
      const waiting = assert.rejects(call("echo", { value: "never" }));
      await sleep(200);
      await connected.close();
      await waiting;
      await until(() => !isAlive(connected.pid));
      await server.start();
    });
  });
}

describe("the bridge as a program", function () {
  this.timeout(30_000);

  it("answers with what to do when the server stays away", async () => {
    const { code, stdout, stderr } = await withHome(async (home) => {
      const child = startBridge(home, ["--stack", "test", "--client", "default", "--server", "postgres"]);
      const end = finished(child);
      child.stdin.write('{"jsonrpc":"2.0","id":7,"method":"ping"}\n');
      await once(child.stdout, "data", { signal: AbortSignal.timeout(25_000) });
      child.stdin.end();
      return end;
    });
    const answer = JSON.parse(stdout) as { id: number; error: { message: string; data: object } };
    assert.equal(answer.id, 7);
    assert.match(answer.error.message, /does not answer \(ECONNREFUSED\).*npm run up/);
    assert.deepEqual(answer.error.data, { reason: "undelivered", server: "postgres" });
    assert.equal(code, 0);
    assert.ok(!`${stdout}${stderr}`.includes(key));
  });

  it("hands over to the project's own Node.js when an older one starts it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kilocode-old-node-"));
    const pair = selfSigned();
    const server = await testServer(key, pair);
    const access = { endpoints: { postgres: server.url }, ca: pair.certificate, keys: { default: key } };
    const home = makeHome(access);
    try {
      const node = join(await folderWithOldNode(folder), "node");
      const { client, close } = await home.connect("auto", node);
      assert.equal((await client.listTools()).tools.length, 5);
      await close();
    } finally {
      home.remove();
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it("warns of a key that others can read", async () => {
    const { stderr } = await withHome(async (home) => {
      chmodSync(home.files.key("default"), 0o644);
      const child = startBridge(home, ["--stack", "test", "--client", "default", "--server", "postgres"]);
      child.stdin.end();
      return finished(child);
    });
    assert.match(stderr, /others can read .*default\.key; mend: chmod 600/);
  });

  it("refuses arguments that name no stack, client, server, or a path", async () => {
    for (const args of [
      [],
      ["--stack", "test"],
      ["--stack", "../x", "--client", "a", "--server", "postgres"],
    ]) {
      const { code, stderr } = await withHome((home) => finished(startBridge(home, args)));
      assert.equal(code, 2);
      assert.match(stderr, /^\[CONNECT_ARGUMENTS\] /);
    }
  });
});

function startBridge(home: Home, args: string[]) {
  const env = { XDG_CONFIG_HOME: home.folder };
  return spawn(process.execPath, [bridgeProgram, ...args], { env });
}

async function withHome<T>(use: (home: Home) => Promise<T>): Promise<T> {
  const pair = selfSigned();
  const server = await testServer(key, pair);
  await server.stop();
  const home = makeHome({
    endpoints: { postgres: server.url },
    ca: pair.certificate,
    keys: { default: key },
  });
  try {
    return await use(home);
  } finally {
    home.remove();
  }
}

async function finished(child: ReturnType<typeof startBridge>) {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout, stderr };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}
