import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { dockerEngine } from "#providers/docker/engine.ts";
import { folderWithOldNode } from "./oldNode.ts";
import { TestStack, type StackConfig } from "./stack.ts";

describe("bad input gets one clear error, and nothing is changed", function () {
  this.timeout(300_000);
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.create();
  });
  after(() => stack.remove());
  afterEach(async () => {
    assert.deepEqual(await stack.objects(), [], "nothing was made");
    stack.configure({ environment: "dev" });
  });

  /** Runs `pulumi up` and returns what it printed; it must fail. */
  async function refused(env: Record<string, string> = {}): Promise<string> {
    const { code, output } = await stack.up([], { env });
    assert.notEqual(code, 0, output);
    assert.doesNotMatch(output, /^\s+at .*\(.*:\d+:\d+\)$/m, "no stack trace");
    return output;
  }

  const settings: Record<string, [config: StackConfig, message: RegExp]> = {
    "a misspelt key": [{ environment: "dev", postgress: {} }, /SETTINGS_UNKNOWN_KEY.*postgress.*postgres/s],
    "a misspelt key below": [
      { environment: "dev", postgres: { memroy: "2GB" } },
      /SETTINGS_UNKNOWN_KEY.*memroy.*memory/s,
    ],
    "a flat dotted key": [{ environment: "dev", "postgres.memory": "2GB" }, /SETTINGS_FLAT_KEY.*--path/s],
    "a plain value in secrets": [
      { environment: "dev", secrets: { smtp: "x" } },
      /SETTINGS_SECRET_MISPLACED.*--secret/s,
    ],
    "too little memory": [{ environment: "dev", postgres: { memory: "64MB" } }, /memory/],
    "two services on one port": [
      { environment: "dev", postgres: { port: 14001 }, servers: { postgres: { port: 14001 } } },
      /SETTINGS_CONFLICT.*14001/s,
    ],
    "files that contradict each other": [
      { environment: "dev", files: { memory: { memory: { embeddingModel: "bge-m3" } } } },
      /FILES_RULE.*memory\.json \/memory\/embeddingModel.*1024/s,
    ],
    "more memory than the engine's machine has": [
      { environment: "dev", postgres: { memory: "8TB" } },
      /FILES_RULE.*postgres\.memory.*engine-memory/s,
    ],
    "a volume that is not there": [
      {
        environment: "dev",
        servers: { filesystem: { mounts: [{ source: "no-such-volume-here", target: "/mnt/files" }] } },
      },
      /MOUNT_MISSING.*servers\.filesystem\.mounts\[0\]\.source.*docker volume create/s,
    ],
    "a key of a file that follows from a setting": [
      { environment: "dev", files: { postgres: { database: { pool: { max: 99 } } } } },
      /SETTINGS_DERIVED.*postgres\.maxConnections/s,
    ],
    "a placeholder": [
      {
        environment: "dev",
        postgres: { settings: { "my.token": "your_jwt_secret_here_change_in_production" } },
      },
      /SETTINGS_PLACEHOLDER/,
    ],
  };
  for (const [title, [config, message]] of Object.entries(settings)) {
    it(title, async () => {
      stack.configure(config);
      assert.match(await refused(), message);
    });
  }

  it("a taken port, with the name of who has it", async () => {
    const server: Server = createServer().listen(stack.portBase + 1, "127.0.0.1");
    await once(server, "listening");
    try {
      assert.match(
        await refused(),
        new RegExp(`PORT_TAKEN.*:${stack.portBase + 1}.*\\(process ${process.pid}\\)`, "s"),
      );
    } finally {
      server.close();
    }
  });

  it("an engine that is not running", async () => {
    assert.match(await refused({ DOCKER_HOST: "unix:///nonexistent/docker.sock" }), /ENGINE_UNREACHABLE/);
  });

  it("a wrong passphrase", async () => {
    const { code, output } = await stack.up([], { env: { PULUMI_CONFIG_PASSPHRASE: "not-it" } });
    assert.notEqual(code, 0);
    assert.match(output, /incorrect passphrase/);
  });

  it("an object of that name that is not ours", async () => {
    const engine = dockerEngine({});
    const name = `${stack.prefix}-database-data`;
    await engine.createVolume({ Name: name });
    try {
      assert.match(await refused(), /FOREIGN_OBJECT.*database-data.*docker volume rm/s);
    } finally {
      await engine.getVolume(name).remove();
    }
  });

  it("a Node.js that cannot run TypeScript, under plain pulumi", async () => {
    const folder = await folderWithOldNode(stack.folder);
    const output = await refused({ PATH: `${folder}:${process.env["PATH"] ?? ""}` });
    assert.match(output, /NODE_TOO_OLD.*22\.18/s);
  });
});
