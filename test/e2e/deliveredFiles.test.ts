import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dockerEngine, isNotFound } from "#providers/docker/engine.ts";
import { localBaseImage } from "#providers/image/build.ts";
import { leaks } from "#test/leaks.ts";
import { generatedSecrets } from "./leakScan.ts";
import { repository, run, TestStack, type Finished } from "./stack.ts";

interface Finding {
  readonly volume?: string;
  readonly file?: string;
  readonly kind: string;
  readonly place?: string;
  readonly found?: string;
}

describe("delivered files of a running stack", function () {
  this.timeout(900_000);
  const engine = dockerEngine({});
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.create();
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
  });
  after(() => stack.remove());

  const npm = (script: string, ...args: string[]): Promise<Finished> =>
    run("npm", ["run", "-s", script, "--", "--stack", stack.name, ...args], { env: stack.env });
  const drift = async (): Promise<{ code: number; findings: Finding[]; output: string }> => {
    const { code, stdout, output } = await npm("drift", "--json");
    assert.ok(code === 0 || code === 2, output);
    return { code, output, findings: (JSON.parse(stdout) as { drift: Finding[] }).drift };
  };
  const inTools = (input: string, ...command: string[]): Promise<Finished> =>
    new Promise((resolve, reject) => {
      const child = spawn("npm", ["run", "-s", "tools", "--", "--stack", stack.name, ...command], {
        cwd: repository,
        env: { ...process.env, ...stack.env },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
      child.on("error", reject).on("close", (code) => resolve({ code: code ?? -1, stdout: output, output }));
      child.stdin.end(input);
    });
  const toolsContainers = () =>
    engine.listContainers({
      all: true,
      filters: { label: ["io.kilocode.helper=tools", `io.kilocode.stack=${stack.name}`] },
    });

  /** As somebody with root on the engine's host would. */
  async function meddle(service: string, script: string): Promise<void> {
    const container = await engine.createContainer({
      Image: localBaseImage,
      Entrypoint: ["/bin/sh", "-euc", script],
      WorkingDir: "/volume",
      Tty: true,
      HostConfig: {
        NetworkMode: "none",
        Mounts: [{ Type: "volume", Source: `${stack.prefix}-${service}-files`, Target: "/volume" }],
      },
    });
    try {
      await container.start();
      const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
      assert.equal(code, 0, (await container.logs({ stdout: true, stderr: true })).toString());
    } finally {
      await container.remove({ force: true });
    }
  }

  const scripts = join(repository, "test/e2e/specification");
  for (const script of readdirSync(scripts).sort()) {
    it(`pass the specification's own script ${script}`, async () => {
      const { code, output } = await inTools(readFileSync(join(scripts, script), "utf8"), "bash");
      assert.equal(code, 0, output);
      assert.doesNotMatch(output, /✗|⚠/);
    });
  }

  it("are reached by scripts over verified TLS only", async () => {
    const url = "$(grep DATABASE_URL /etc/kilocode/mcp/.env | cut -d= -f2)";
    const ask = (environment: string) => inTools(`${environment} psql "${url}" -Atc "SELECT 42"`, "bash");
    assert.equal((await ask("")).output.trim(), "42");
    assert.match((await ask("PGSSLROOTCERT=/dev/null")).output, /certificate/);
    assert.match((await ask("PGSSLMODE=disable")).output, /no encryption/);
  });

  it("are in no server where they do not belong: .env is in the shell's volume alone", async () => {
    const files = async (container: string) => {
      const command = await engine
        .getContainer(`${stack.prefix}-${container}`)
        .exec({ Cmd: ["ls", "-A", "/etc/kilocode/mcp/"], AttachStdout: true, Tty: true });
      let listing = "";
      for await (const chunk of await command.start({ Tty: true })) listing += String(chunk);
      return listing.split(/\s+/).filter((name) => name !== "");
    };
    assert.deepEqual((await files("postgres")).sort(), [
      "access.json",
      "logging.json",
      "metrics.json",
      "postgres.json",
      "ssl.json",
    ]);
    const stat = engine
      .getContainer(`${stack.prefix}-postgres`)
      .infoArchive({ path: "/etc/kilocode/mcp/.env" });
    await assert.rejects(stat, isNotFound);
    assert.equal((await inTools("", "ls", "-A", "/etc/kilocode/mcp/")).stdout.trim().split(/\s+/).length, 10);
  });

  it("meet a shell that is hardened, holds no secret, passes its exit code on, and goes when it is told to", async () => {
    assert.equal((await inTools("exit 7\n", "bash")).code, 7);
    const child = spawn("npm", ["run", "-s", "tools", "--", "--stack", stack.name, "sleep", "100"], {
      cwd: repository,
      env: { ...process.env, ...stack.env },
      detached: true,
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    let found = await toolsContainers();
    while (found[0]?.State !== "running") {
      await new Promise((resolve) => setTimeout(resolve, 200));
      found = await toolsContainers();
    }
    const inspected = await engine.getContainer(found[0].Id).inspect();
    const host = inspected.HostConfig;
    assert.deepEqual([host.ReadonlyRootfs, host.CapDrop, host.LogConfig?.Type], [true, ["ALL"], "none"]);
    assert.equal(inspected.Config.User, "3010:3010");
    assert.ok(host.Memory! > 0 && host.NanoCpus! > 0 && host.PidsLimit! > 0);
    assert.deepEqual(leaks({ inspect: JSON.stringify(inspected) }, await generatedSecrets(stack)), []);
    // As the terminal does on Ctrl-C: the whole group.
    process.kill(-child.pid!, "SIGINT");
    await ended;
    assert.deepEqual(await toolsContainers(), []);
  });

  it("show no drift as they were delivered", async () => {
    assert.deepEqual(await drift(), { code: 0, findings: [], output: '{\n  "drift": []\n}\n' });
    assert.match((await npm("drift")).stdout, /Nothing differs/);
  });

  it("show twelve kinds of meddling, by file and place, without a value; a plain up mends them", async () => {
    const secrets = await generatedSecrets(stack);
    await meddle(
      "tools",
      `cd ..data/mcp
       sed -i 's/"maxItems": 10000/"maxItems": 12345/' memory.json
       sed -i 's/^API_KEY=.*/API_KEY=planted-by-hand/' .env
       echo 'EXTRA=planted-by-hand' >> .env
       echo '{' > metrics.json
       chmod 0644 access.json
       chown 0:0 ssl.json
       rm logging.json
       rm compliance.json; ln -s /etc/hostname compliance.json
       echo x > extra.json
       echo x > /volume/stray
       chmod 0700 ../ssl
       cat mcp.json > copy; rm mcp.json; mkdir mcp.json`,
    );
    await meddle("database", "sed -i 's/^work_mem.*/work_mem = 5MB/' postgres/postgresql.conf");
    const { code, findings, output } = await drift();
    assert.equal(code, 2);
    const found = findings.map(({ volume, file, kind, place, found: what }) =>
      [volume?.replace(`${stack.prefix}-`, ""), file, kind, place, what]
        .filter((part) => part !== undefined)
        .join(" "),
    );
    assert.deepEqual(
      found.map((line) => line.replace(/line \d+$/, "line N")).sort(),
      [
        "database-files postgres/postgresql.conf content line N",
        "tools-files mcp/.env content API_KEY",
        "tools-files mcp/.env content EXTRA",
        "tools-files mcp/access.json mode 0644",
        "tools-files mcp/compliance.json type symlink",
        "tools-files mcp/copy extra",
        "tools-files mcp/extra.json extra",
        "tools-files mcp/logging.json missing",
        "tools-files mcp/mcp.json type directory",
        "tools-files mcp/memory.json content /memory/maxItems",
        "tools-files mcp/metrics.json content",
        "tools-files mcp/ssl.json owner 0:0",
        "tools-files ssl mode 0700",
        "tools-files stray extra",
      ].sort(),
    );
    assert.doesNotMatch(output, /planted|12345/);
    const table = await npm("drift");
    assert.equal(table.code, 2);
    assert.match(table.stdout, /mcp\/memory\.json#\/memory\/maxItems is another/);
    const preview = await stack.pulumi(["preview", "--refresh", "--diff"]);
    assert.match(preview.output, /maxItems *: 10000 => 12345/);
    assert.match(preview.output, /place: "API_KEY"/);
    assert.doesNotMatch(preview.output, /planted/);
    assert.deepEqual(leaks({ output, table: table.output, preview: preview.output }, secrets), []);
    const plain = await stack.pulumi(["preview"]);
    assert.match(plain.output, /mcp\/memory\.json#\/memory\/maxItems is another/, "also without a refresh");
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    assert.equal((await drift()).code, 0);
  });

  it("change with one key, shown as old and new value in that file, without a new container; and back", async () => {
    const started = async () =>
      (await engine.getContainer(`${stack.prefix}-postgres`).inspect()).State.StartedAt;
    const before = { started: await started(), files: (await stack.outputs<{ files: object }>()).files };
    stack.configure({ environment: "dev", files: { postgres: { database: { maxRows: 1234 } } } });
    const preview = await stack.pulumi(["preview", "--diff"]);
    const changes = preview.stdout.split("\n").filter((line) => line.includes(" => "));
    assert.ok(changes.length > 0, preview.output);
    for (const line of changes) {
      assert.match(line, /maxRows *: 1000 => 1234|postgres\.json *: "[0-9a-f]{64}" => "[0-9a-f]{64}"/);
    }
    assert.doesNotMatch(preview.stdout, /to replace|to create|to delete/);
    const up = await stack.up();
    assert.equal(up.code, 0, up.output);
    const again = await stack.up(["--expect-no-changes"]);
    assert.equal(again.code, 0, again.output);
    assert.equal(await started(), before.started);

    const history = await npm("config", "history", "postgres.json");
    assert.match(history.stdout, /^ {2}2 .*in force$/m);
    const difference = await npm("config", "diff", "postgres.json");
    assert.match(difference.stdout, /^~ \/database\/maxRows {2}1000 → 1234$/m);
    const [, line = ""] = /^ {2}(pulumi config .*)$/m.exec(difference.stdout) ?? [];
    const args = line
      .split(" ")
      .slice(1)
      .filter((word) => word !== "--stack" && word !== stack.name);
    const set = await stack.pulumi(args);
    assert.equal(set.code, 0, set.output);
    const back = await stack.up();
    assert.equal(back.code, 0, back.output);
    assert.deepEqual((await stack.outputs<{ files: object }>()).files, before.files);
    assert.match((await npm("config", "history", "postgres.json")).stdout, /^ {2}3 .*in force$/m);
  });

  it("change with a secret without showing the old or the new one", async () => {
    const { stdout: exported } = await stack.pulumi(["stack", "export"]);
    const urn = /"(urn:[^"]*RandomPassword::tools-jwt-1)"/.exec(exported)![1]!;
    const old = await generatedSecrets(stack);
    const up = await stack.up(["--diff", "--replace", urn]);
    assert.equal(up.code, 0, up.output);
    assert.match(up.output, /fillings *: \[secret\]/);
    const now = await generatedSecrets(stack);
    assert.notDeepEqual(now, old);
    assert.deepEqual(leaks({ up: up.output }, [...old, ...now]), []);
    assert.equal((await drift()).code, 0);
    assert.doesNotMatch(
      (await npm("config", "history", ".env")).stdout,
      /^ {2}2 /m,
      "the text has not changed",
    );
  });
});
