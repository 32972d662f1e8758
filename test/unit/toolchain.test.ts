import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pc from "picocolors";
import { deb822Sources, debianMirror, oneLineSources } from "#toolchain/aptSources.ts";
import { namedStack, needsQuestion, readArguments } from "#toolchain/arguments.ts";
import { toolchainKey } from "#toolchain/build.ts";
import { deploymentOf } from "#toolchain/deployment.ts";
import { fail, ok, warn } from "#toolchain/doctor/check.ts";
import { report, reportJson } from "#toolchain/doctor/report.ts";
import { recordMatches, stampOf } from "#toolchain/installed.mjs";
import { isDebianLike } from "#toolchain/installEngine.ts";
import { withLock } from "#toolchain/lock.mjs";
import { phasesOf } from "#toolchain/phases.ts";
import { duration } from "#toolchain/progress.ts";
import { isNewEnough } from "#toolchain/pulumi.ts";
import { dockerChoiceOf } from "#toolchain/session.ts";
import { summary } from "#toolchain/summary.ts";
import { checkVerdict, verdict } from "#toolchain/testRun.ts";

describe("apt sources", () => {
  it("reads stanzas, skips comments, disabled ones and sources", () => {
    const text = [
      "Types: deb",
      "# http://snapshot.example/archive/debian",
      "URIs: http://mirror.example/debian",
      "Suites: bookworm bookworm-updates",
      "",
      "Types: deb-src",
      "URIs: http://mirror.example/src",
      "Suites: bookworm",
      "",
      "Enabled: no",
      "Types: deb",
      "URIs: http://off.example/debian",
      "Suites: bookworm",
      "",
      "Types: deb deb-src",
      "URIs: http://mirror.example/debian-security",
      "Suites:",
      " bookworm-security",
    ].join("\n");
    assert.deepEqual(deb822Sources(text), [
      { uri: "http://mirror.example/debian", suites: ["bookworm", "bookworm-updates"] },
      { uri: "http://mirror.example/debian-security", suites: ["bookworm-security"] },
    ]);
    assert.equal(debianMirror(deb822Sources(text)), "http://mirror.example/debian");
  });

  it("reads one-line sources", () => {
    const text =
      "# deb http://no.example/debian x main\ndeb [arch=amd64] http://m.example/debian/ trixie main\n";
    assert.deepEqual(oneLineSources(text), [{ uri: "http://m.example/debian/", suites: ["trixie"] }]);
    assert.equal(debianMirror(oneLineSources(text)), "http://m.example/debian");
  });

  it("takes no mirror of another distribution", () => {
    assert.equal(
      debianMirror([{ uri: "http://archive.ubuntu.example/ubuntu", suites: ["noble"] }]),
      undefined,
    );
  });

  it("knows Debian and its children", () => {
    assert.ok(isDebianLike('NAME="Debian"\nID=debian\n'));
    assert.ok(isDebianLike('ID=linuxmint\nID_LIKE="ubuntu debian"\n'));
    assert.ok(!isDebianLike("ID=fedora\n"));
  });
});

describe("installation stamp", () => {
  it("depends on lock file and platform", () => {
    assert.notEqual(stampOf("a", "linux-x64"), stampOf("b", "linux-x64"));
    assert.notEqual(stampOf("a", "linux-x64"), stampOf("a", "linux-arm64"));
  });

  it("accepts npm's own record if nothing but optional packages is missing", () => {
    const lock = (packages: object) => JSON.stringify({ packages });
    const wanted = lock({
      "": {},
      "node_modules/a": { version: "1.0.0", integrity: "x" },
      "node_modules/b": { optional: true },
    });
    assert.ok(recordMatches(wanted, lock({ "node_modules/a": { version: "1.0.0", integrity: "x" } })));
    assert.ok(!recordMatches(wanted, lock({ "node_modules/a": { version: "1.0.1", integrity: "y" } })));
    assert.ok(!recordMatches(wanted, lock({})));
  });
});

describe("lock between processes", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-lock-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("lets one in at a time", async () => {
    const file = path.join(folder, "lock");
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, work)));
    assert.equal(most, 1);
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it("is taken over from a process that was killed", async () => {
    const file = path.join(folder, "lock");
    const module = new URL("../../toolchain/lock.mjs", import.meta.url).href;
    const code = `import(${JSON.stringify(module)}).then(m => m.withLock(${JSON.stringify(file)}, () => new Promise(() => setInterval(() => {}, 1000) && console.log("held"))))`;
    const holder = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    holder.kill("SIGKILL");
    await new Promise((resolve) => holder.once("close", resolve));
    assert.equal(await withLock(file, () => Promise.resolve("mine")), "mine");
  });
});

describe("command line", () => {
  it("finds the stack and leaves the rest to Pulumi", () => {
    assert.deepEqual(readArguments(["--stack", "prod", "--yes", "--diff"]), {
      stack: "prod",
      rest: ["--yes", "--diff"],
      yes: true,
    });
    assert.equal(readArguments(["-s=test"]).stack, "test");
    assert.equal(readArguments([]).stack, "dev");
    assert.equal(readArguments([], { PULUMI_STACK: "x" }).stack, "x");
  });

  it("asks for every stack but dev unless told yes", () => {
    assert.ok(!needsQuestion(readArguments([])));
    assert.ok(needsQuestion(readArguments(["--stack", "prod"])));
    assert.ok(!needsQuestion(readArguments(["--stack", "prod", "-y"])));
  });

  it("knows which stack a Pulumi command is about", () => {
    assert.equal(namedStack(["stack", "init", "prod"]), "prod");
    assert.equal(namedStack(["up", "-s", "prod"]), "prod");
    assert.equal(namedStack(["config", "set", "a", "b"]), undefined);
  });

  it("reads the engine that a stack file names", () => {
    assert.deepEqual(dockerChoiceOf("config:\n  kilocode-mcp:docker:\n    context: box\n"), {
      host: undefined,
      context: "box",
    });
    assert.deepEqual(dockerChoiceOf("config: ["), {});
  });
});

describe("Pulumi", () => {
  it("is new enough from the pinned version on", () => {
    assert.ok(isNewEnough("v3.251.0"));
    assert.ok(isNewEnough("v4.0.0\n"));
    assert.ok(isNewEnough("3.260.1"));
    assert.ok(!isNewEnough("v3.250.9"));
    assert.ok(!isNewEnough("nonsense"));
  });

  it("is built anew when a pin or a source changes", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-key-"));
    fs.writeFileSync(path.join(folder, "go.mod"), "one");
    const first = toolchainKey([], folder);
    assert.equal(toolchainKey([], folder), first);
    fs.writeFileSync(path.join(folder, "go.mod"), "two");
    assert.notEqual(toolchainKey([], folder), first);
    fs.rmSync(folder, { recursive: true });
  });

  it("tells what a state holds", () => {
    const identity = "urn:pulumi:dev::p::kilocode:index:StackIdentity$random:index/randomId:RandomId::stack";
    const resources = [
      { urn: "u", type: "pulumi:pulumi:Stack" },
      { urn: identity, type: "random:index/randomId:RandomId", outputs: { hex: "ab12" }, protect: true },
      { urn: "c", type: "docker:index/container:Container", id: "1234" },
    ];
    const pending = [{ type: "creating", resource: { urn: "x" } }];
    assert.deepEqual(
      deploymentOf(JSON.stringify({ deployment: { resources, pending_operations: pending } })),
      {
        resources: 2,
        protectedResources: 1,
        pending: ["creating x"],
        engineObjects: [{ urn: "c", kind: "container", id: "1234" }],
        instance: "ab12",
      },
    );
  });
});

describe("what is shown", () => {
  it("takes the times from the engine's events", () => {
    const events = [
      { timestamp: 20, preludeEvent: {} },
      { timestamp: 26, resOutputsEvent: { metadata: { type: "docker:index/container:Container" } } },
      { timestamp: 28, resOutputsEvent: { metadata: { type: "pulumi:pulumi:Stack" } } },
      { timestamp: 28, summaryEvent: { isPreview: false } },
    ];
    const log = `${events.map((event) => JSON.stringify(event)).join("\n")}\n{"cut`;
    assert.deepEqual(phasesOf(log, 17_500), { preview: 3, update: 6, gate: 2 });
    assert.deepEqual(phasesOf(log, undefined), { update: 6, gate: 2 });
    const onlyPreview =
      '{"timestamp":1,"preludeEvent":{}}\n{"timestamp":2,"summaryEvent":{"isPreview":true}}';
    assert.deepEqual(phasesOf(onlyPreview, 1000), {});
  });

  it("sums up without a secret, with a call that can be pasted", () => {
    const text = summary(
      "dev",
      {
        endpoints: { postgres: "https://localhost:13001/mcp" },
        database: { host: "127.0.0.1", port: 13432, name: "mcp_db" },
        clients: { default: {} },
      },
      { preview: 2, update: 5, gate: 1 },
      1500,
    );
    assert.match(text, /postgres\S* +https:\/\/localhost:13001\/mcp/);
    assert.match(text, /curl -sS --cacert <\(npm run -s pulumi -- stack output --stack dev caCertificate\)/);
    assert.match(text, /set-up 1\.5 s, preview 2 s, update 5 s, gate 1 s/);
  });

  it("writes durations for people", () => {
    assert.deepEqual([900, 12_400, 125_000].map(duration), ["0.9 s", "12 s", "2 min 5 s"]);
  });

  it("lists findings by category, with the mend below what is wrong", () => {
    const checks = [
      fail("stack", "stack", "broken", "npm run up"),
      ok("machine", "Node.js", "v24"),
      warn("engine", "base image", "missing", "npm run up"),
    ];
    const plain = pc.createColors(false);
    assert.deepEqual(report(checks, plain).split("\n"), [
      "machine",
      "  OK    Node.js     v24",
      "",
      "engine",
      "  WARN  base image  missing",
      "                    → npm run up",
      "",
      "stack",
      "  FAIL  stack       broken",
      "                    → npm run up",
      "",
      "1 OK, 1 WARN, 1 FAIL",
    ]);
    assert.equal((JSON.parse(reportJson(checks)) as { ok: boolean }).ok, false);
  });

  it("counts skipped tests as failed, and no tests as a failure", () => {
    assert.deepEqual(verdict([{ passed: 3, failed: 0, pending: 1 }]), {
      line: "3 passed, 1 failed",
      code: 1,
    });
    assert.deepEqual(verdict([{ passed: 3, failed: 0, pending: 0 }]), {
      line: "3 passed, 0 failed",
      code: 0,
    });
    assert.deepEqual(verdict([]), { line: "0 passed, 0 failed", code: 1 });
  });

  it("ends npm run check with one line that names whatever failed", () => {
    const units = { passed: 3, failed: 0, pending: 0 };
    assert.deepEqual(checkVerdict([], units), {
      line: "check passed: generated files, types, lint, format, 3 unit tests",
      code: 0,
    });
    assert.deepEqual(checkVerdict(["lint"], units), { line: "check failed: lint", code: 1 });
    assert.deepEqual(checkVerdict(["types"], { ...units, failed: 2 }), {
      line: "check failed: types, unit tests (3 passed, 2 failed)",
      code: 1,
    });
  });
});
